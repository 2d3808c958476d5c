#include "orchestrator/cli/help.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/nearest_name.h"

namespace stagecoach {

void SetUpHelp(CLI::App& root, const std::string& footer) {
  root.get_formatter()->column_width(30);
  root.get_formatter()->label("SUBCOMMAND", "VERB");
  root.get_formatter()->label("Subcommands", "Verbs");
  root.get_formatter()->label("OPTIONS", "FLAGS");
  root.get_formatter()->label("Options", "Flags");
  root.fallthrough();
  root.footer(footer);
  root.set_help_flag("-h,--help", "show this help");
}

CLI::App& AddParser(CLI::App& parent, const std::string& name,
                    const std::string& description,
                    const std::vector<std::string>& examples) {
  CLI::App* app = parent.add_subcommand(name, description);
  std::string footer = examples.size() == 1 ? "Example:\n" : "Examples:\n";
  for (const std::string& example : examples) {
    absl::StrAppend(&footer, "  stagecoach ", example, "\n");
  }
  absl::StrAppend(&footer,
                  "\nFlags of every verb and exit codes: stagecoach --help\n");
  app->footer(footer);
  return *app;
}

void AddDurationFlag(CLI::App& app, const std::string& name,
                     absl::Duration& value, const std::string& description) {
  app.add_option_function<std::string>(
         name,
         [&value](const std::string& text) {
           // Checked below.
           absl::ParseDuration(text, &value);
         },
         description)
      ->type_name("DURATION")
      ->check([](const std::string& text) -> std::string {
        absl::Duration parsed;
        if (absl::ParseDuration(text, &parsed) &&
            parsed > absl::ZeroDuration()) {
          return "";
        }
        return absl::StrCat("'", text,
                            "' must be a duration such as 10s or 1m30s");
      });
}

CLI::Option* AddListFlag(CLI::App& app, const std::string& name,
                         std::vector<std::string>& values,
                         const std::string& description) {
  return app.add_option(name, values, description)->allow_extra_args(false);
}

CLI::Validator OneOf(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](const std::string& text) -> std::string {
        if (std::find(words.begin(), words.end(), text) != words.end()) {
          return "";
        }
        return absl::StrCat("'", text, "' is not allowed",
                            NearestNameHint(text, words));
      },
      "");
}

}  // namespace stagecoach
