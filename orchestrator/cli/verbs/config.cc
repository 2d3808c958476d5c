#include "orchestrator/cli/config.h"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verb.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

std::string Render(const Config& config, const std::string& file,
                   const absl::StatusOr<ServerChoice>& choice,
                   const Layout& layout) {
  Table fields({{""}, {"", Align::kLeft, Overflow::kWrap}});
  const auto add = [&fields](const char* name, const std::string& value) {
    fields.AddRow({{name, Tone::kFaint}, {Printable(value)}});
  };
  add("server", choice.ok() ? choice->address : "none");
  add("because",
      choice.ok() ? choice->reason : std::string(choice.status().message()));
  add("file", file);
  Table contexts({{""}, {"CONTEXT"}, {"SERVER"}});
  for (const auto& [name, context] : config.contexts) {
    contexts.AddRow({{name == config.current ? "*" : "", Tone::kGood},
                     {Printable(name)},
                     {Printable(context.server.empty() ? context.cluster_folder
                                                       : context.server)}});
  }
  return absl::StrCat(fields.Render(layout), contexts.empty() ? "" : "\n",
                      contexts.empty() ? "" : contexts.Render(layout));
}

absl::StatusOr<ExitCode> ShowConfig(Context& context) {
  const Environment& environment = context.environment;
  SC_ASSIGN_OR_RETURN(
      const Config config,
      ReadConfig(environment.config_path, environment.config_required));
  const absl::StatusOr<ServerChoice> choice =
      ChooseServer(context.options.server, environment);
  if (!choice.ok() && !IsNotReachable(choice.status())) return choice.status();
  std::error_code ignored;  // cannot be looked at is as good as not there
  const bool there = std::filesystem::exists(environment.config_path, ignored);
  nlohmann::ordered_json contexts = nlohmann::ordered_json::object();
  for (const auto& [name, entry] : config.contexts) {
    contexts[name] = {{"server", entry.server}, {"dir", entry.cluster_folder}};
  }
  if (PrintedForPrograms(context,
                         {{"server", choice.ok() ? choice->address : ""},
                          {"reason", choice.ok() ? choice->reason : ""},
                          {"file", environment.config_path},
                          {"current", config.current},
                          {"contexts", std::move(contexts)}})) {
    return ExitCode::kOk;
  }
  context.console.Out(
      Render(config,
             absl::StrCat(environment.config_path, there ? "" : " (not there)"),
             choice, OutLayout(context.console)));
  return ExitCode::kOk;
}

}  // namespace

Verb AddConfigVerb(CLI::App& root) {
  CLI::App& app = AddParser(
      root, "config",
      "Show which orchestrator is talked to, and why.\n"
      "Contexts stand in ~/.config/stagecoach/config.yaml, for example\n"
      "  current: staging\n"
      "  contexts:\n"
      "    staging: {server: \"stagecoach.example:50051\"}\n"
      "    laptop: {dir: ~/forecasts/.stagecoach}",
      {"config", "config --context laptop"});
  return {&app, ShowConfig};
}

}  // namespace stagecoach
