// What a shell offers when a command line is completed.

#ifndef ORCHESTRATOR_CLI_COMPLETE_H_
#define ORCHESTRATOR_CLI_COMPLETE_H_

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace stagecoach {

struct Candidate {
  std::string text;
  // In a few words; may be empty.
  std::string description;
};

struct Completions {
  std::vector<Candidate> candidates;
  // Whether the shell should offer its files, too.
  bool files = false;
};

// Things of the orchestrator that a command line names.
enum class NameKind {
  kPipeline,
  kRun,
  kStage,
  kStep,
  kArtifact,
  kSetting,
  kInput
};

// The names of a kind; of steps and artifacts those of run `owner`, of settings
// and inputs those of pipeline `owner`. Empty if they cannot be had quickly.
using NameSource = std::function<std::vector<Candidate>(
    NameKind kind, const std::string& owner)>;

// What may stand in place of the last of `words`, which is what has been typed
// of it, after the others. Verbs, flags and their words are those of `root`.
// Pure but for `names`.
Completions Complete(const CLI::App& root,
                     const std::vector<std::string>& words,
                     const NameSource& names);

// For the scripts of the shells: a candidate a line, its description after a
// tab; `:files` on a line of its own.
std::string CompletionsText(const Completions& completions);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_COMPLETE_H_
