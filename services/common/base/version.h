// What program this is.

#ifndef SERVICES_COMMON_BASE_VERSION_H_
#define SERVICES_COMMON_BASE_VERSION_H_

#include <string>

#include "absl/strings/string_view.h"

namespace stagecoach {

// The release, `major.minor.patch`.
absl::string_view Version();

// The git revision that was configured, 12 hexadecimal digits, or `unknown`.
// It says where the program comes from, not that nothing was changed since.
absl::string_view Revision();

// Identifies the running program's code: `<revision>-<12 digits>`, the digits
// from the linker's build id, a digest of the executable. It therefore also
// differs for uncommitted changes. Without a linker's build id, the revision.
//
// Threads: any.
const std::string& BuildId();

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_VERSION_H_
