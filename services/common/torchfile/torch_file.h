// Files of PyTorch (`.pt`): the ZIP form that torch.save has written since 1.6,
// read and written without PyTorch and without running any code of theirs.

#ifndef SERVICES_COMMON_TORCHFILE_TORCH_FILE_H_
#define SERVICES_COMMON_TORCHFILE_TORCH_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/artifact/safetensors.h"

namespace stagecoach {

struct TorchFile {
  // In the order of the file, row-major. What lies in dicts and lists is named
  // by the way to it: `model.lstm.weight_ih_l0`; a bare tensor is `tensor`.
  std::vector<TensorView> tensors;
  // Numbers, texts and truth values beside the tensors, by the same names.
  SafetensorsMetadata metadata;
  // Keeps the tensors' bytes.
  std::shared_ptr<const void> owner;
};

// Whether ReadTorchFile is to read the bytes, or to say best why not: any ZIP
// file, or the form that torch.save wrote before 1.6.
bool LooksLikeTorchFile(absl::string_view bytes);

// Reads tensors, dicts and lists of them, and state_dict()s. Memory: the
// tensors, copied.
//
// FAILED_PRECONDITION: no such file, a damaged one, the old form, a script
//   module, a tensor of a type that safetensors has not, or something that only
//   code could make (a whole model); the message says what would be right.
absl::StatusOr<TorchFile> ReadTorchFile(absl::string_view bytes);

enum class TorchForm {
  kTensor,     // one bare tensor
  kStateDict,  // an OrderedDict by name, as load_state_dict takes it
};

// A file that torch.load opens by its defaults (weights_only=True).
//
// INVALID_ARGUMENT: kTensor for anything but one tensor.
absl::StatusOr<std::string> TorchFileBytes(absl::Span<const TensorView> tensors,
                                           TorchForm form);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_TORCHFILE_TORCH_FILE_H_
