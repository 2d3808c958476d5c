#include "services/common/base/version.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/verb.h"

namespace stagecoach {
namespace {

absl::StatusOr<ExitCode> ShowVersion(Context& context) {
  if (PrintedForPrograms(context, {{"version", std::string(Version())},
                                   {"build_id", BuildId()}})) {
    return ExitCode::kOk;
  }
  context.console.Out(
      absl::StrCat("stagecoach ", Version(), " (", BuildId(), ")\n"));
  return ExitCode::kOk;
}

}  // namespace

Verb AddVersionVerb(CLI::App& root) {
  CLI::App& app =
      AddParser(root, "version", "Show the version and build of this program.",
                {"version", "version -o json"});
  return {&app, ShowVersion};
}

}  // namespace stagecoach
