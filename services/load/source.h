// Reads a series out of a file of whatever format it turns out to have.

#ifndef SERVICES_LOAD_SOURCE_H_
#define SERVICES_LOAD_SOURCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/common/artifact/artifact_reader.h"
#include "services/load/series.h"

namespace stagecoach {

struct SourceOptions {
  SeriesOptions series;
  // Of CSV: `auto`, or as ParseDelimiter says.
  std::string delimiter = "auto";
  // Of CSV: what lines start with that are comments; empty: there are none.
  std::string comment;
  // Of CSV: what stands before the fraction, `.` or `,`.
  char decimal = '.';
  // Of a file with several tensors: the one to take.
  std::string tensor;
};

// The content tells the format: CSV, the same packed with gzip, safetensors, or
// what torch.save wrote. Memory is bounded by the result; of the latter by the
// file.
//
// INVALID_ARGUMENT, OUT_OF_RANGE: an option, or a column that is not there.
// FAILED_PRECONDITION: the content; as ReadCsvSeries, ReadTensorSeries and
// ReadTorchFile
//   say.
//   Formats that are known but not read are called by their name.
absl::StatusOr<Series> ReadSource(const ArtifactReader& source,
                                  const SourceOptions& options);

}  // namespace stagecoach

#endif  // SERVICES_LOAD_SOURCE_H_
