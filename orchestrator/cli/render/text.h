// Text on a terminal: how wide it is, how it is cut and filled up.
//
// All functions are pure. Text is UTF-8; widths are columns. What a width
// cannot be known for (bytes that are not UTF-8, control characters) is first
// made harmless by `Printable`.

#ifndef ORCHESTRATOR_CLI_RENDER_TEXT_H_
#define ORCHESTRATOR_CLI_RENDER_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace stagecoach {

// `text` on one line and without power over the terminal: control characters
// become spaces, bytes that are not UTF-8 become U+FFFD. Everything that comes
// from a server or a file goes through here before it is shown.
std::string Printable(absl::string_view text);

// `text` with each character beyond ASCII replaced by one that looks like it,
// or by `?`, as wide as it was. Escape sequences stay as they are.
std::string ToAscii(absl::string_view text);

// Columns that `text` takes: 2 for wide characters, 0 for combining ones.
// `text` must be Printable.
int DisplayWidth(absl::string_view text);

// `text` in at most `width` columns (>= 0); what is cut off is replaced by
// `…`. Never splits a character.
std::string Truncate(absl::string_view text, int width);

// `text` filled up with spaces to `width` columns; longer text is kept.
std::string PadRight(absl::string_view text, int width);
std::string PadLeft(absl::string_view text, int width);

// `text` broken at spaces into lines of at most `width` columns (>= 1); a
// longer word has a line of its own. Its own line ends are kept.
std::vector<std::string> Wrap(absl::string_view text, int width);

// `1 step`, `2 steps`.
std::string Plural(long long count, absl::string_view singular);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_TEXT_H_
