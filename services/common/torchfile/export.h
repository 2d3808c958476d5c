// Tensors in the formats that other programs read.

#ifndef SERVICES_COMMON_TORCHFILE_EXPORT_H_
#define SERVICES_COMMON_TORCHFILE_EXPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/torchfile/torch_file.h"

namespace stagecoach {

enum class TensorFormat { kSafetensors, kPt, kNpy, kCsv };

// `safetensors`, `pt`, `npy`, `csv`: also the extension of its files, without
// the dot.
absl::string_view TensorFormatName(TensorFormat format);
// INVALID_ARGUMENT with the nearest name.
absl::StatusOr<TensorFormat> ParseTensorFormat(absl::string_view name);

struct ExportedFile {
  // What goes before the extension beside the artifact's own name: empty, or
  // the tensor's name where each tensor has a file of its own.
  std::string part;
  std::string bytes;
};

// The tensors of an artifact as files of `format`: one, but for npy and csv one
// a tensor. `form` is for pt: kStateDict for weights and whenever there are
// several tensors.
//
// npy: version 1.0. csv: a header, then a line for each index of the first
// dimension and a column for each place in the others, called as the metadata
// `columns` says if it fits, otherwise by its index; numbers as short as they
// read back the same.
//
// INVALID_ARGUMENT: a type that the format has not (BF16 in npy).
absl::StatusOr<std::vector<ExportedFile>> ExportTensors(
    absl::Span<const TensorView> tensors, const SafetensorsMetadata& metadata,
    TensorFormat format, TorchForm form);

// One tensor as a `.npy` file. INVALID_ARGUMENT: BF16, which NumPy has not.
absl::StatusOr<std::string> NpyBytes(const TensorView& tensor);

// One tensor as CSV, with columns called `columns` if there are as many.
std::string CsvBytes(const TensorView& tensor,
                     absl::Span<const std::string> columns);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_TORCHFILE_EXPORT_H_
