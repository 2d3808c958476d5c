// Between artifacts (safetensors) and libtorch's tensors, without copies.

#ifndef SERVICES_COMMON_TENSOR_TENSOR_ARTIFACTS_H_
#define SERVICES_COMMON_TENSOR_TENSOR_ARTIFACTS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/artifact/safetensors.h"

namespace stagecoach {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

// A dimension of a wanted shape that may have any length.
constexpr int64_t kAnyLength = -1;

// The tensor `name` of a file, if its type is `dtype` and its shape is `shape`
// (kAnyLength fits any length >= 1). It lies in the mapped file, which it
// keeps mapped, and must therefore never be written to.
//
// FAILED_PRECONDITION: no tensor of that name, or one of another type or
//   shape; the message says which it has and which is wanted.
absl::StatusOr<at::Tensor> FindTensor(const SafetensorsView& file,
                                      absl::string_view name, Dtype dtype,
                                      absl::Span<const int64_t> shape);

// The bytes of `tensor`, to be written under `name`. The tensor must be on the
// CPU and contiguous, of a type that safetensors has, and outlive the view.
TensorView ViewOf(absl::string_view name, const at::Tensor& tensor);

// The same for several.
std::vector<TensorView> ViewsOf(absl::Span<const NamedTensor> tensors);

// `[96,4,1]`; kAnyLength is shown as `n`.
std::string ShapeText(absl::Span<const int64_t> shape);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_TENSOR_TENSOR_ARTIFACTS_H_
