// From the system's error numbers to codes that say what the caller may do.

#ifndef SERVICES_COMMON_ARTIFACT_ERRNO_STATUS_H_
#define SERVICES_COMMON_ARTIFACT_ERRNO_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Payload with the name of the system's error, e.g. `ENOSPC`.
inline constexpr absl::string_view kErrnoPayload = "stagecoach/errno";

// The error `number` (of <cerrno>, not 0) of an operation on a volume; `what`
// names operation and file, e.g. `open pvc://artifacts/a.csv`. Codes as
// FileSystem says.
absl::Status ErrnoStatus(int number, absl::string_view what);

// The name of the system's error that `status` carries; empty if none.
std::string ErrnoName(const absl::Status& status);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_ERRNO_STATUS_H_
