#include "services/common/tensor/tensor_artifacts.h"

#include <ATen/ops/from_blob.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr std::pair<Dtype, at::ScalarType> kTypes[] = {
    {Dtype::kBool, at::kBool}, {Dtype::kU8, at::kByte},
    {Dtype::kI8, at::kChar},   {Dtype::kI16, at::kShort},
    {Dtype::kI32, at::kInt},   {Dtype::kI64, at::kLong},
    {Dtype::kF16, at::kHalf},  {Dtype::kBF16, at::kBFloat16},
    {Dtype::kF32, at::kFloat}, {Dtype::kF64, at::kDouble},
};

at::ScalarType ScalarTypeOf(Dtype dtype) {
  for (const auto& [ours, theirs] : kTypes) {
    if (ours == dtype) return theirs;
  }
  TORCH_CHECK(false, "no scalar type for ", DtypeName(dtype));
}

Dtype DtypeOf(at::ScalarType type) {
  for (const auto& [ours, theirs] : kTypes) {
    if (theirs == type) return ours;
  }
  TORCH_CHECK(false, "safetensors has no type for ", c10::toString(type));
}

bool Fits(absl::Span<const int64_t> shape, absl::Span<const int64_t> wanted) {
  if (shape.size() != wanted.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool fits =
        wanted[i] == kAnyLength ? shape[i] >= 1 : shape[i] == wanted[i];
    if (!fits) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<at::Tensor> FindTensor(const SafetensorsView& file,
                                      absl::string_view name, Dtype dtype,
                                      absl::Span<const int64_t> shape) {
  SC_ASSIGN_OR_RETURN(const TensorView view, file.Find(name));
  if (view.dtype != dtype || !Fits(view.shape, shape)) {
    return absl::FailedPreconditionError(
        absl::StrCat("tensor '", name, "' is ", DtypeName(view.dtype), " ",
                     ShapeText(view.shape), "; needed is ", DtypeName(dtype),
                     " ", ShapeText(shape)));
  }
  // libtorch has no tensors of constant bytes; see the contract.
  void* const bytes = const_cast<char*>(view.bytes.data());
  return at::from_blob(
      bytes, view.shape, [file](void*) {}, ScalarTypeOf(dtype));
}

TensorView ViewOf(absl::string_view name, const at::Tensor& tensor) {
  TORCH_CHECK(tensor.is_cpu() && tensor.is_contiguous(), "tensor ",
              std::string(name), " is not contiguous memory of the CPU");
  TensorView view;
  view.name = std::string(name);
  view.dtype = DtypeOf(tensor.scalar_type());
  view.shape = tensor.sizes().vec();
  view.bytes = absl::string_view(
      static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
  return view;
}

std::vector<TensorView> ViewsOf(absl::Span<const NamedTensor> tensors) {
  std::vector<TensorView> views;
  views.reserve(tensors.size());
  for (const NamedTensor& named : tensors) {
    views.push_back(ViewOf(named.name, named.tensor));
  }
  return views;
}

std::string ShapeText(absl::Span<const int64_t> shape) {
  const auto append = [](std::string* out, int64_t length) {
    absl::StrAppend(out, length == kAnyLength ? "n" : absl::StrCat(length));
  };
  return absl::StrCat("[", absl::StrJoin(shape, ",", append), "]");
}

}  // namespace stagecoach
