// The rules of pipeline_store.h that every store shares.

#ifndef ORCHESTRATOR_STORE_PIPELINE_RULES_H_
#define ORCHESTRATOR_STORE_PIPELINE_RULES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

absl::Status PipelineNotFound(absl::string_view name);

// `newest` is the newest version that there is.
absl::Status VersionNotFound(absl::string_view name, int64_t version,
                             int64_t newest);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_PIPELINE_RULES_H_
