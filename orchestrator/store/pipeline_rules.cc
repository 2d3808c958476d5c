#include "orchestrator/store/pipeline_rules.h"

#include "absl/strings/str_cat.h"

namespace stagecoach {

absl::Status PipelineNotFound(absl::string_view name) {
  return absl::NotFoundError(absl::StrCat("there is no pipeline ", name));
}

absl::Status VersionNotFound(absl::string_view name, int64_t version,
                             int64_t newest) {
  return absl::NotFoundError(absl::StrCat("pipeline ", name, " has no version ",
                                          version, "; its versions are 1 to ",
                                          newest));
}

}  // namespace stagecoach
