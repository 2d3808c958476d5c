#include <memory>
#include <string>
#include <vector>

#include "orchestrator/cli/help.h"
#include "orchestrator/cli/verb.h"

namespace stagecoach {
namespace {

// The scripts know nothing: they ask the program what may come next, so they
// need no renewal when it learns a verb.

constexpr char kBash[] = R"(# Completion of stagecoach for bash.
_stagecoach() {
  local value description
  COMPREPLY=()
  compopt +o default +o nospace 2>/dev/null
  while IFS=$'\t' read -r value description; do
    if [[ "${value}" == ':files' ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("${value}")
      [[ "${value}" == *= ]] && compopt -o nospace 2>/dev/null
    fi
  done < <(stagecoach __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _stagecoach stagecoach
)";

constexpr char kZsh[] = R"(#compdef stagecoach
# Completion of stagecoach for zsh.
_stagecoach() {
  local value description files=
  local -a plain open
  while IFS=$'\t' read -r value description; do
    if [[ "${value}" == ':files' ]]; then
      files=1
      continue
    fi
    local entry="${value//:/\\:}${description:+:${description}}"
    if [[ "${value}" == *= ]]; then
      open+=("${entry}")
    else
      plain+=("${entry}")
    fi
  done < <(stagecoach __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#plain} )) && _describe -V stagecoach plain
  (( ${#open} )) && _describe -V stagecoach open -S ''
  if [[ -n "${files}" ]]; then
    compset -P '*='
    _files
  fi
}
if [[ "${funcstack[1]}" == _stagecoach ]]; then
  _stagecoach "$@"
else
  compdef _stagecoach stagecoach
fi
)";

constexpr char kFish[] = R"(# Completion of stagecoach for fish.
function __stagecoach_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (stagecoach __complete $words[2..-1] 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c stagecoach -f -a '(__stagecoach_complete)'
)";

const char* ScriptFor(const std::string& shell) {
  if (shell == "zsh") return kZsh;
  return shell == "fish" ? kFish : kBash;
}

}  // namespace

Verb AddCompletionVerb(CLI::App& root) {
  auto shell = std::make_shared<std::string>();
  CLI::App& app = AddParser(
      root, "completion",
      "Print the script for completion in a shell.\n"
      "It also offers the names of pipelines, runs, artifacts and parameters.",
      {"completion bash > "
       "~/.local/share/bash-completion/completions/stagecoach",
       "completion zsh > \"${fpath[1]}/_stagecoach\"",
       "completion fish > ~/.config/fish/completions/stagecoach.fish"});
  AddChoice(app, "shell", *shell, {"bash", "zsh", "fish"},
            "which shell: bash, zsh or fish")
      ->required();
  return {&app, [shell](Context& context) -> absl::StatusOr<ExitCode> {
            context.console.Out(ScriptFor(*shell));
            return ExitCode::kOk;
          }};
}

}  // namespace stagecoach
