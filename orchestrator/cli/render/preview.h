// What is in an artifact, in a line or a page.
//
// All functions are pure. `bytes` is the whole file, or the beginning of one
// for tables, reports and texts.

#ifndef ORCHESTRATOR_CLI_RENDER_PREVIEW_H_
#define ORCHESTRATOR_CLI_RENDER_PREVIEW_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/artifact.pb.h"

namespace stagecoach {

// The artifact's values on one line, without its name and shape: elements of
// a single tensor, names of several, the first line of a table or text, the
// last evaluation of a history, the plain values of any other report.
// FAILED_PRECONDITION: not a well-formed file of its type.
absl::StatusOr<std::string> PreviewLine(const v1::Artifact& artifact,
                                        absl::string_view bytes);

// The artifact's values as a page of about `most_lines` (>= 6) lines: the
// tensors with shape, smallest, mean and largest element and their first and
// last rows; the beginning of anything else. FAILED_PRECONDITION as above.
absl::StatusOr<std::string> PreviewPage(const v1::Artifact& artifact,
                                        absl::string_view bytes, int most_lines,
                                        const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_PREVIEW_H_
