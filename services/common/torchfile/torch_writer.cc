#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/torchfile/torch_file.h"
#include "services/common/torchfile/zip_archive.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kFolder = "archive/";

absl::string_view StorageName(Dtype dtype) {
  switch (dtype) {
    case Dtype::kBool:
      return "BoolStorage";
    case Dtype::kU8:
      return "ByteStorage";
    case Dtype::kI8:
      return "CharStorage";
    case Dtype::kI16:
      return "ShortStorage";
    case Dtype::kI32:
      return "IntStorage";
    case Dtype::kI64:
      return "LongStorage";
    case Dtype::kF16:
      return "HalfStorage";
    case Dtype::kBF16:
      return "BFloat16Storage";
    case Dtype::kF32:
      return "FloatStorage";
    case Dtype::kF64:
      return "DoubleStorage";
  }
  return "";
}

// Writes what Python's pickle would, protocol 2, for tensors and a dict of
// them.
class PickleWriter {
 public:
  PickleWriter() { Raw(absl::string_view("\x80\x02", 2)); }

  std::string Finish() {
    Raw(".");
    return std::move(bytes_);
  }

  void Raw(absl::string_view bytes) {
    bytes_.append(bytes.data(), bytes.size());
  }
  void Name(absl::string_view module, absl::string_view name) {
    absl::StrAppend(&bytes_, "c", module, "\n", name, "\n");
  }
  void Text(absl::string_view text) {
    Raw("X");
    Number(static_cast<uint32_t>(text.size()));
    Raw(text);
  }
  // LONG1 of eight bytes takes every length that there may be.
  void Integer(int64_t integer) {
    Raw(absl::string_view("\x8a\x08", 2));
    Number(integer);
  }
  void Integers(const std::vector<int64_t>& integers) {
    Raw("(");
    for (const int64_t integer : integers) Integer(integer);
    Raw("t");
  }
  void EmptyOrderedDict() {
    Name("collections", "OrderedDict");
    Raw(")R");
  }
  // _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)
  void Tensor(const TensorView& tensor, size_t number) {
    int64_t count = 1;
    std::vector<int64_t> strides(tensor.shape.size());
    for (size_t i = tensor.shape.size(); i-- > 0;) {
      strides[i] = count;
      count *= tensor.shape[i];
    }
    Name("torch._utils", "_rebuild_tensor_v2");
    Raw("((");
    Text("storage");
    Name("torch", StorageName(tensor.dtype));
    Text(absl::StrCat(number));
    Text("cpu");
    Integer(count);
    Raw("tQ");
    Integer(0);
    Integers(tensor.shape);
    Integers(strides);
    Raw("\x89");
    EmptyOrderedDict();
    Raw("tR");
  }

 private:
  template <typename Fixed>
  void Number(Fixed number) {
    char raw[sizeof(number)];
    std::memcpy(raw, &number, sizeof(number));
    Raw(absl::string_view(raw, sizeof(number)));
  }

  std::string bytes_;
};

std::string PickleOf(absl::Span<const TensorView> tensors, TorchForm form) {
  PickleWriter pickle;
  if (form == TorchForm::kTensor) {
    pickle.Tensor(tensors.front(), 0);
    return pickle.Finish();
  }
  pickle.EmptyOrderedDict();
  pickle.Raw("(");
  for (size_t i = 0; i < tensors.size(); ++i) {
    pickle.Text(tensors[i].name);
    pickle.Tensor(tensors[i], i);
  }
  pickle.Raw("u");
  return pickle.Finish();
}

}  // namespace

absl::StatusOr<std::string> TorchFileBytes(absl::Span<const TensorView> tensors,
                                           TorchForm form) {
  if (form == TorchForm::kTensor && tensors.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a bare tensor is one, not ", tensors.size(), "; write a state dict"));
  }
  const std::string pickle = PickleOf(tensors, form);
  std::vector<ZipMember> members = {
      {absl::StrCat(kFolder, "data.pkl"), pickle},
      {absl::StrCat(kFolder, "byteorder"), "little"}};
  for (size_t i = 0; i < tensors.size(); ++i) {
    members.push_back({absl::StrCat(kFolder, "data/", i), tensors[i].bytes});
  }
  members.push_back({absl::StrCat(kFolder, "version"), "3\n"});
  return WriteZip(members);
}

}  // namespace stagecoach
