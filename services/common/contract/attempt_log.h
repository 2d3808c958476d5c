// Where the log of an attempt is.

#ifndef SERVICES_COMMON_CONTRACT_ATTEMPT_LOG_H_
#define SERVICES_COMMON_CONTRACT_ATTEMPT_LOG_H_

#include <string>

#include "absl/strings/string_view.h"
#include "services/common/contract/execution_id.h"

namespace stagecoach {

// Files that one attempt may write: one, and one more for each time that its
// stage was started anew and did it again.
inline constexpr int kMaxLogParts = 8;

// `pvc://<volume>/runs/<run>/<step>/logs/<attempt>.log`: the first file.
std::string AttemptLogUri(absl::string_view volume, const ExecutionId& id);

// The file number `part`, from 0, of the log whose first file is `uri`.
std::string LogPartUri(absl::string_view uri, int part);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_CONTRACT_ATTEMPT_LOG_H_
