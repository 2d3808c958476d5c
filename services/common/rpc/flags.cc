#include "services/common/rpc/flags.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/common/base/nearest_name.h"

namespace stagecoach {
namespace {

constexpr int kBadUsage = 2;

absl::Status CheckDuration(const std::string& text) {
  absl::Duration duration;
  if (absl::ParseDuration(text, &duration) &&
      duration >= absl::ZeroDuration()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", absl::Utf8SafeCEscape(text),
                   "\" is not a duration of at least 0, for example 1m30s"));
}

std::vector<std::string> FlagNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back(absl::StrCat("--", name));
    }
  }
  return names;
}

absl::Status CheckNothingIsLeft(const CLI::App& app) {
  const std::vector<std::string> left = app.remaining();
  if (left.empty()) return absl::OkStatus();
  const std::string name = left.front().substr(0, left.front().find('='));
  if (!absl::StartsWith(name, "-")) {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument \"", absl::Utf8SafeCEscape(name),
                     "\"; all arguments are flags, see --help"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown flag ", absl::Utf8SafeCEscape(name),
                   NearestNameHint(name, FlagNames(app))));
}

int Complain(const CLI::App& app, absl::string_view message) {
  std::cerr << app.get_name() << ": "
            << absl::StrReplaceAll(message, {{"\n", " "}}) << std::endl;
  return kBadUsage;
}

}  // namespace

CLI::Option* AddDurationFlag(CLI::App& app, const std::string& name,
                             absl::Duration& value,
                             const std::string& description) {
  return app
      .add_option_function<std::string>(
          name,
          [&value](const std::string& text) {
            absl::ParseDuration(text, &value);  // has been checked
          },
          description)
      ->check(
          [](const std::string& text) {
            return std::string(CheckDuration(text).message());
          },
          "")
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(value));
}

std::optional<int> ParseFlags(CLI::App& app, int argc, const char* const* argv,
                              absl::FunctionRef<absl::Status()> validate) {
  app.allow_extras();  // so that we can say which flag was meant
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    return app.exit(answered);
  } catch (const CLI::ParseError& error) {
    return Complain(app, error.what());
  }
  absl::Status status = CheckNothingIsLeft(app);
  if (status.ok()) status = validate();
  if (!status.ok()) return Complain(app, status.message());
  return std::nullopt;
}

}  // namespace stagecoach
