// What a verb of the command is made of.

#ifndef ORCHESTRATOR_CLI_VERB_H_
#define ORCHESTRATOR_CLI_VERB_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/cli/client/orchestrator_client.h"
#include "orchestrator/cli/exit_code.h"
#include "orchestrator/cli/server_choice.h"
#include "orchestrator/cli/terminal/console.h"
#include "orchestrator/cli/terminal/interrupt.h"
#include "services/common/base/clock.h"

namespace CLI {
class App;
}  // namespace CLI

namespace stagecoach {

// Flags that every verb takes.
struct GlobalOptions {
  ServerFlags server;
  // `table`, `json` or `yaml`; empty: a table.
  std::string format_word;
  // Deadline of a call, > 0; not set: what the verb needs.
  std::optional<absl::Duration> timeout;
};

// Everything a verb may touch. Whatever is outside the process is behind an
// interface, so that tests bring their own.
struct Context {
  GlobalOptions options;
  Environment environment;
  absl::TimeZone zone;
  Console& console;
  const Clock& clock;
  // The orchestrator to talk to; fails as ChooseServer does.
  std::function<absl::StatusOr<std::shared_ptr<OrchestratorClient>>(
      const Context&)>
      connect;
  // Takes over Ctrl-C while the result lives.
  std::function<std::unique_ptr<Interrupt>()> interrupt;
};

// A verb as it was added to the parser.
struct Verb {
  // Its parser; lives as long as the root's.
  CLI::App* parser = nullptr;
  // Does it, once its flags have been parsed. Errors are shown by the caller.
  std::function<absl::StatusOr<ExitCode>(Context&)> run;
};

// Adds a verb: its parser under the root, with flags and help, and what it
// does. One function a verb, each in a file of its name.
using AddVerb = Verb (*)(CLI::App& root);

Verb AddUpVerb(CLI::App& root);
Verb AddDownVerb(CLI::App& root);
Verb AddRunVerb(CLI::App& root);
Verb AddGetVerb(CLI::App& root);
Verb AddRunsVerb(CLI::App& root);
Verb AddWatchVerb(CLI::App& root);
Verb AddLogsVerb(CLI::App& root);
Verb AddCancelVerb(CLI::App& root);
Verb AddPauseVerb(CLI::App& root);
Verb AddResumeVerb(CLI::App& root);
Verb AddRetryVerb(CLI::App& root);
Verb AddDeleteVerb(CLI::App& root);
Verb AddTraceVerb(CLI::App& root);
Verb AddForecastVerb(CLI::App& root);
Verb AddStagesVerb(CLI::App& root);
Verb AddPipelinesVerb(CLI::App& root);
Verb AddArtifactsVerb(CLI::App& root);
Verb AddGcVerb(CLI::App& root);
Verb AddConfigVerb(CLI::App& root);
Verb AddVersionVerb(CLI::App& root);
Verb AddCompletionVerb(CLI::App& root);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_VERB_H_
