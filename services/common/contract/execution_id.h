// The id of an execution: which attempt at which step of which run.

#ifndef SERVICES_COMMON_CONTRACT_EXECUTION_ID_H_
#define SERVICES_COMMON_CONTRACT_EXECUTION_ID_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

struct ExecutionId {
  std::string run;
  std::string step;
  // Counts from 1.
  int32_t attempt = 1;

  friend bool operator==(const ExecutionId&, const ExecutionId&) = default;
};

// Reads `<run>/<step>/<attempt>`, e.g. `airline-7k2m9q/train/1`. Accepts just
// what FormatExecutionId writes, so that equal ids are equal texts.
//
// INVALID_ARGUMENT naming the part that is wrong and what it may be.
absl::StatusOr<ExecutionId> ParseExecutionId(absl::string_view text);

std::string FormatExecutionId(const ExecutionId& id);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_CONTRACT_EXECUTION_ID_H_
