// A series out of a tensor: rows in the order of time, a column for each value
// of a row.

#ifndef SERVICES_LOAD_TENSOR_SERIES_H_
#define SERVICES_LOAD_TENSOR_SERIES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/common/artifact/safetensors.h"
#include "services/load/series.h"

namespace stagecoach {

// Takes the tensor called `name`, or the only one there is if that is empty,
// of shape [n] or [n,columns] and type F32, F64, I16, I32, I64, I8 or U8. NaN
// is a value that is missing. The columns are called as `metadata` says,
// otherwise `0`, `1`, … `timestamp_column`, if set, must be the name of another
// tensor, I64 [n], of seconds since 1970.
//
// INVALID_ARGUMENT, OUT_OF_RANGE: a column or tensor that is not there.
// FAILED_PRECONDITION: a tensor of another shape or type, several and none
//   chosen, no rows, a value that is missing, not finite or too large for 32
//   bits (with its row).
absl::StatusOr<Series> ReadTensorSeries(absl::Span<const TensorView> tensors,
                                        const SafetensorsMetadata& metadata,
                                        const std::string& name,
                                        const SeriesOptions& options);

}  // namespace stagecoach

#endif  // SERVICES_LOAD_TENSOR_SERIES_H_
