#include "orchestrator/cli/help.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/usage.h"
#include "services/common/base/nearest_name.h"

namespace stagecoach {

namespace {

// Help as CLI11 makes it, but with the whole name of a verb, one line a verb in
// lists, and headings in the words of the rest.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() {
    column_width(28);
    label("REQUIRED", "");
  }

  std::string make_usage(const CLI::App* app,
                         std::string /*name*/) const override {
    std::string usage = absl::StrCat("\nUsage: ", FullName(*app));
    for (const CLI::Option* option : Positionals(*app)) {
      const std::string name = absl::AsciiStrToUpper(option->get_name());
      const bool several = option->get_expected_max() > 1;
      absl::StrAppend(&usage, option->get_required() ? " " : " [", name,
                      several ? "..." : "", option->get_required() ? "" : "]");
    }
    if (!app->get_subcommands(nullptr).empty()) {
      absl::StrAppend(&usage, " VERB");
    }
    return absl::StrCat(usage, " [FLAGS]\n");
  }

  std::string make_positionals(const CLI::App* app) const override {
    std::string text;
    for (const CLI::Option* option : Positionals(*app)) {
      const std::string name = absl::AsciiStrToUpper(option->get_name());
      absl::StrAppend(&text, Row(name, option->get_description()));
    }
    return text.empty() ? "" : absl::StrCat("\nArguments:\n", text);
  }

  std::string make_group(
      std::string group, bool is_positional,
      std::vector<const CLI::Option*> options) const override {
    return CLI::Formatter::make_group(group == "Options" ? "Flags" : group,
                                      is_positional, std::move(options));
  }

  std::string make_subcommands(const CLI::App* app,
                               CLI::AppFormatMode /*mode*/) const override {
    std::string text;
    std::string group;
    for (const CLI::App* verb : app->get_subcommands(nullptr)) {
      if (verb->get_group() != group) {
        group = verb->get_group();
        absl::StrAppend(&text, "\n", group, ":\n");
      }
      const std::string description = verb->get_description();
      absl::StrAppend(
          &text,
          Row(verb->get_name(), description.substr(0, description.find('\n'))));
    }
    return text;
  }

  std::string make_footer(const CLI::App* app) const override {
    return app->get_footer();
  }

 private:
  static std::vector<const CLI::Option*> Positionals(const CLI::App& app) {
    return app.get_options(
        [](const CLI::Option* option) { return option->get_positional(); });
  }

  std::string Row(const std::string& name,
                  const std::string& description) const {
    const size_t width = get_column_width();
    return absl::StrCat("  ", PadRight(name, static_cast<int>(width) - 2),
                        description, "\n");
  }
};

// Accepts only these words; suggests the nearest one.
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

}  // namespace

void SetUpHelp(CLI::App& root, const std::string& footer) {
  root.formatter(std::make_shared<HelpFormatter>());
  root.fallthrough();
  // After its verb a command line has no second one: `stages forecast` names a
  // stage.
  root.require_subcommand(0, 1);
  root.footer(footer);
  root.set_help_flag("-h,--help", "show this help");
}

CLI::App& AddParser(CLI::App& parent, const std::string& name,
                    const std::string& description,
                    const std::vector<std::string>& examples) {
  CLI::App* app = parent.add_subcommand(name, description);
  app->group("Verbs");
  std::string footer = examples.size() == 1 ? "Example:\n" : "Examples:\n";
  for (const std::string& example : examples) {
    absl::StrAppend(&footer, "  stagecoach ", example, "\n");
  }
  absl::StrAppend(&footer,
                  "\nFlags of every verb and exit codes: stagecoach --help\n");
  app->footer(footer);
  return *app;
}

CLI::Validator IsSpan() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        return std::string(ParseSpan(text).status().message());
      },
      "");
}

CLI::Option* AddListFlag(CLI::App& app, const std::string& name,
                         std::vector<std::string>& values,
                         const std::string& description) {
  return app.add_option(name, values, description)->allow_extra_args(false);
}

CLI::Option* AddChoice(CLI::App& app, const std::string& name,
                       std::string& value,
                       const std::vector<std::string>& words,
                       const std::string& description) {
  return app.add_option(name, value, description)
      ->check(OneOf(words))
      ->type_name(absl::StrJoin(words, "|"));
}

CLI::Validator WholeNumber(int64_t least, int64_t most) {
  return CLI::Validator(
      [least, most](const std::string& text) -> std::string {
        int64_t number = 0;
        if (absl::SimpleAtoi(text, &number) && number >= least &&
            number <= most) {
          return "";
        }
        return absl::StrCat("'", text, "' must be a whole number from ", least,
                            " to ", most);
      },
      "");
}

}  // namespace stagecoach
