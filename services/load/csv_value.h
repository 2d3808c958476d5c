// The number that a CSV field holds.

#ifndef SERVICES_LOAD_CSV_VALUE_H_
#define SERVICES_LOAD_CSV_VALUE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Parses a decimal number (`-1.5`, `+2`, `3e8`) into the nearest float; blanks
// around it are ignored, whatever the locale. `decimal` stands before the
// fraction. NaN if the value is missing: nothing but blanks, or one of `NA`,
// `N/A`, `NaN`, `null`, `none`, `#N/A`, `<NA>`, `?`, in any case.
//
// FAILED_PRECONDITION: no number, an infinity, or beyond the largest float; the
//   message quotes the text.
absl::StatusOr<float> ParseCsvValue(absl::string_view text, char decimal = '.');

// Whether the text is a number, in quotes or not.
bool IsCsvNumber(absl::string_view text);

// `text` in quotes, cut to about 40 bytes, with control characters and invalid
// UTF-8 made visible: safe to put into a message.
std::string QuotedForMessage(absl::string_view text);

}  // namespace stagecoach

#endif  // SERVICES_LOAD_CSV_VALUE_H_
