// Turns the rows of a series into the features of a model; see
// services/common/scaling/scaler.h for what they are.

#ifndef SERVICES_PREPARE_FEATURES_H_
#define SERVICES_PREPARE_FEATURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/common/scaling/scaler.h"

namespace stagecoach {

// Rows of a series, row by row; as many timestamps or none.
struct Rows {
  absl::Span<const float> values;
  absl::Span<const int64_t> timestamps;
};

// How each of `columns` is scaled so that `train` is as `kind` says, after the
// logarithm if `log`. A column that never changes keeps its scale of 1.
//
// FAILED_PRECONDITION naming row and column: a value that has no logarithm.
absl::StatusOr<std::vector<ColumnScaling>> FitScaling(
    absl::Span<const float> train, absl::Span<const std::string> columns,
    ScalingKind kind, bool log);

// Features of every row, and the target of every row.
struct Features {
  std::vector<float> features;  // rows x scaler.features()
  std::vector<float> targets;   // rows
};

// FAILED_PRECONDITION naming row and column: a value that has no logarithm, or
//   whose feature is too large for 32 bits.
absl::StatusOr<Features> MakeFeatures(const Rows& rows, const Scaler& scaler);

// Whether MakeFeatures would only copy a series of one column.
bool IsIdentity(const Scaler& scaler);

}  // namespace stagecoach

#endif  // SERVICES_PREPARE_FEATURES_H_
