// Two texts, line by line, as `diff -u` shows them.
//
// Pure.

#ifndef ORCHESTRATOR_CLI_RENDER_TEXT_DIFF_H_
#define ORCHESTRATOR_CLI_RENDER_TEXT_DIFF_H_

#include <string>

#include "absl/strings/string_view.h"
#include "orchestrator/cli/render/style.h"

namespace stagecoach {

// What turns `before` into `after`, with `context` lines around each change;
// empty if they are equal. The shortest script, unless the texts have more than
// some thousand lines that differ: then the part between their common start and
// end is replaced as a whole.
std::string RenderTextDiff(absl::string_view before, absl::string_view after,
                           int context, const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_TEXT_DIFF_H_
