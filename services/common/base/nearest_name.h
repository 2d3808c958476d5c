// The known name that a mistyped one was probably meant to be.

#ifndef SERVICES_COMMON_BASE_NEAREST_NAME_H_
#define SERVICES_COMMON_BASE_NEAREST_NAME_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace stagecoach {

// The candidate with the fewest insertions, deletions, replacements and swaps
// of neighbours away from `name` (optimal string alignment distance; ASCII
// letters compare without case), the first of equals. Nothing if none is
// nearer than about a third of the name's length.
std::optional<std::string> NearestName(
    absl::string_view name, absl::Span<const std::string> candidates);

// The end of an error message about the unknown `name`: either
// `; did you mean "epochs"?` or, if nothing is near, `; known are a, b, c`
// (at most 20 of them) or, without candidates, nothing.
std::string NearestNameHint(absl::string_view name,
                            absl::Span<const std::string> candidates);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_NEAREST_NAME_H_
