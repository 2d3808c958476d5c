#include "orchestrator/cli/usage.h"

#include <algorithm>
#include <utility>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/exit_code.h"
#include "services/common/base/nearest_name.h"

namespace stagecoach {
namespace {

std::vector<std::string> VerbNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    names.push_back(verb->get_name());
  }
  return names;
}

// Long flags of `app` and of everything above it.
std::vector<std::string> FlagNames(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        names.push_back(absl::StrCat("--", name));
      }
    }
  }
  return names;
}

// A hint only if something is near: all flags would be too long a list.
std::string FlagHint(const std::string& flag, const CLI::App& app) {
  const std::vector<std::string> names = FlagNames(&app);
  const auto nearest = NearestName(flag, names);
  return nearest ? absl::StrCat("; did you mean ", *nearest, "?") : "";
}

// Words that people know from other commands, and the verb for it here.
constexpr std::pair<absl::string_view, absl::string_view> kSynonyms[] = {
    {"ls", "runs"},
    {"ps", "runs"},
    {"history", "runs"},
    {"status", "get"},
    {"describe", "get"},
    {"inspect", "get"},
    {"info", "get"},
    {"start", "up"},
    {"serve", "up"},
    {"init", "up"},
    {"shutdown", "down"},
    {"stop", "cancel"},
    {"kill", "cancel"},
    {"abort", "cancel"},
    {"rm", "delete"},
    {"remove", "delete"},
    {"prune", "gc"},
    {"clean", "gc"},
    {"exec", "run"},
    {"submit", "run"},
    {"create", "run"},
    {"train", "run"},
    {"rerun", "retry"},
    {"predict", "forecast"},
    {"plot", "forecast"},
    {"tail", "watch"},
    {"follow", "watch"},
    {"download", "artifacts pull"},
    {"upload", "artifacts push"},
    {"contexts", "config"}};

// The verb, with those above it, whose own name is `name`: `runs compare`.
std::string VerbCalled(const CLI::App& app, const std::string& name,
                       const std::string& above) {
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    const std::string full = absl::StrCat(above, verb->get_name());
    if (verb->get_name() == name) return full;
    const std::string below = VerbCalled(*verb, name, full + " ");
    if (!below.empty()) return below;
  }
  return "";
}

// `; did you mean "runs compare"?`: a verb elsewhere, or one that other
// commands call by this name; otherwise the nearest of those here.
std::string VerbHint(const std::string& name, const CLI::App& app) {
  const CLI::App* root = &app;
  while (root->get_parent() != nullptr) root = root->get_parent();
  std::string verb = VerbCalled(*root, name, "");
  for (const auto& [synonym, meant] : kSynonyms) {
    if (verb.empty() && name == synonym) verb = std::string(meant);
  }
  if (verb.empty()) return NearestNameHint(name, VerbNames(app));
  return absl::StrCat("; did you mean \"", root->get_name(), " ", verb, "\"?");
}

// Whether the verb takes parameters of a pipeline.
bool TakesSettings(const CLI::App& app) {
  return app.get_option_no_throw("--set") != nullptr;
}

std::string DescribeExtra(const std::string& extra, const CLI::App& app) {
  if (absl::StartsWith(extra, "-") && extra.size() > 1) {
    const std::string flag = extra.substr(0, extra.find('='));
    std::string hint = FlagHint(flag, app);
    if (hint.empty() && absl::StartsWith(flag, "--") && TakesSettings(app)) {
      hint = absl::StrCat("; a parameter is given as --set ", flag.substr(2),
                          "=VALUE");
    }
    return absl::StrCat("unknown flag ", flag, hint);
  }
  if (!VerbNames(app).empty()) {
    return absl::StrCat("unknown verb '", extra, "'", VerbHint(extra, app));
  }
  const bool setting = absl::StrContains(extra, '=') && TakesSettings(app);
  return absl::StrCat(
      "unexpected argument '", extra, "'",
      setting ? absl::StrCat("; did you mean --set ", extra, "?") : "");
}

absl::Status Wrong(CLI::App& root, absl::string_view what) {
  const CLI::App& app = DeepestParsed(root);
  const std::vector<std::string> extras = root.remaining(/*recurse=*/true);
  const std::string message =
      extras.empty() ? std::string(what) : DescribeExtra(extras.front(), app);
  return UsageError(
      absl::StrCat(message, "; see '", FullName(app), " --help'"));
}

}  // namespace

CLI::App& DeepestParsed(CLI::App& root) {
  CLI::App* app = &root;
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
  }
  return *app;
}

std::string FullName(const CLI::App& app) {
  if (app.get_parent() == nullptr) return app.get_name();
  return absl::StrCat(FullName(*app.get_parent()), " ", app.get_name());
}

ParseOutcome Parse(CLI::App& root, const std::vector<std::string>& arguments) {
  // CLI11 takes them from the back.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    root.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return {absl::OkStatus(), DeepestParsed(root).help()};
  } catch (const CLI::CallForVersion& version) {
    return {absl::OkStatus(), absl::StrCat(version.what(), "\n")};
  } catch (const CLI::ParseError& error) {
    return {Wrong(root, error.what()), ""};
  }
  return {};
}

}  // namespace stagecoach
