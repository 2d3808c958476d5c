// Checks of text that came from somebody else. Pure functions.

#ifndef SERVICES_COMMON_ARTIFACT_UTF8_H_
#define SERVICES_COMMON_ARTIFACT_UTF8_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace stagecoach {

// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF).
bool IsUtf8(absl::string_view text);

// `text` fit for a message: whatever is not printable as a C escape, and cut
// with "…" after `limit` bytes.
std::string PrintableText(absl::string_view text, size_t limit);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_UTF8_H_
