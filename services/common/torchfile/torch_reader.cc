#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "services/common/base/status_macros.h"
#include "services/common/torchfile/pickle.h"
#include "services/common/torchfile/torch_file.h"
#include "services/common/torchfile/zip_archive.h"

namespace stagecoach {
namespace {

using Kind = PickleValue::Kind;

constexpr absl::string_view kZipMagic = "PK\x03\x04";
// Pickles one after the other, the first of them a large number.
constexpr absl::string_view kOldMagic = "\x80\x02\x8a\x0a";
constexpr absl::string_view kPickleName = "/data.pkl";
constexpr absl::string_view kBareTensor = "tensor";
constexpr int kDeepest = 32;
// As in PyTorch.
constexpr size_t kMostDimensions = 64;
// Values looked at; a few bytes could otherwise mean endless lists of lists.
constexpr int64_t kMostVisits = 10'000'000;

struct StorageType {
  absl::string_view name;
  Dtype dtype;
};

constexpr StorageType kStorages[] = {
    {"torch.FloatStorage", Dtype::kF32},
    {"torch.DoubleStorage", Dtype::kF64},
    {"torch.HalfStorage", Dtype::kF16},
    {"torch.BFloat16Storage", Dtype::kBF16},
    {"torch.LongStorage", Dtype::kI64},
    {"torch.IntStorage", Dtype::kI32},
    {"torch.ShortStorage", Dtype::kI16},
    {"torch.CharStorage", Dtype::kI8},
    {"torch.ByteStorage", Dtype::kU8},
    {"torch.BoolStorage", Dtype::kBool},
};

absl::Status Wrong(absl::string_view why) {
  return absl::FailedPreconditionError(std::string(why));
}

absl::Status NeedsCode(const std::string& name) {
  return Wrong(absl::StrCat(
      "the file holds a ", name,
      ", which only running its code could read; save tensors, or a model's "
      "state_dict(), with torch.save"));
}

// Product of the lengths; nothing if it does not fit or one is below 0.
std::optional<int64_t> Product(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (const int64_t length : shape) {
    if (length < 0 ||
        (length > 0 &&
         product > std::numeric_limits<int64_t>::max() / length)) {
      return std::nullopt;
    }
    product *= length;
  }
  return product;
}

struct Layout {
  int64_t offset = 0;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
};

bool IsRowMajor(const Layout& layout) {
  int64_t expected = 1;
  for (size_t i = layout.shape.size(); i-- > 0;) {
    if (layout.shape[i] != 1 && layout.strides[i] != expected) return false;
    expected *= layout.shape[i];
  }
  return true;
}

// Whether every element lies within a storage of `elements`.
bool Fits(const Layout& layout, int64_t elements) {
  int64_t last = layout.offset;
  for (size_t i = 0; i < layout.shape.size(); ++i) {
    if (layout.shape[i] == 0) return layout.offset <= elements;
    const int64_t steps = layout.shape[i] - 1;
    if (layout.strides[i] < 0 ||
        (steps > 0 && layout.strides[i] > elements / steps)) {
      return false;
    }
    last += steps * layout.strides[i];
    if (last >= elements) return false;
  }
  return last < elements;
}

// Copies the elements of one dimension and those within it, in order.
void Gather(const char* source, const Layout& layout, size_t dimension,
            int64_t size, char*& target) {
  if (dimension == layout.shape.size()) {
    std::memcpy(target, source, size);
    target += size;
    return;
  }
  for (int64_t i = 0; i < layout.shape[dimension]; ++i) {
    Gather(source + i * layout.strides[dimension] * size, layout, dimension + 1,
           size, target);
  }
}

class Reader {
 public:
  Reader(const ZipReader& archive, std::string folder, const Pickle& pickle)
      : archive_(archive), folder_(std::move(folder)), pickle_(pickle) {}

  absl::StatusOr<TorchFile> Read() {
    SC_RETURN_IF_ERROR(Visit(pickle_.root, "", 0));
    if (file_.tensors.empty()) return Wrong("the file holds no tensor");
    file_.owner = std::make_shared<Owners>(std::move(owners_));
    return std::move(file_);
  }

 private:
  using Owners = std::vector<std::shared_ptr<char[]>>;

  absl::Status Visit(PickleId id, const std::string& path, int depth);
  absl::Status VisitItems(const PickleValue& value, const std::string& path,
                          int depth);
  absl::Status VisitCall(const PickleValue& value, const std::string& path,
                         int depth);
  absl::Status AddTensor(absl::Span<const PickleId> arguments,
                         const std::string& path);
  absl::StatusOr<absl::string_view> Storage(const PickleValue& persistent,
                                            Dtype& dtype);
  absl::StatusOr<absl::string_view> RowMajor(absl::string_view storage,
                                             const Layout& layout,
                                             int64_t size);
  absl::StatusOr<std::vector<int64_t>> Integers(PickleId id) const;

  static std::string Join(const std::string& path, const std::string& name) {
    return path.empty() ? name : absl::StrCat(path, ".", name);
  }

  const ZipReader& archive_;
  const std::string folder_;  // with its slash
  const Pickle& pickle_;
  TorchFile file_;
  std::set<std::string> names_;
  Owners owners_;
  std::map<std::string, ZipReader::Member> storages_;
  int64_t visits_ = 0;
};

absl::Status Reader::Visit(PickleId id, const std::string& path, int depth) {
  const PickleValue& value = pickle_.At(id);
  if (depth > kDeepest || ++visits_ > kMostVisits) {
    return Wrong("the file's dicts and lists are nested without end");
  }
  switch (value.kind) {
    case Kind::kNone:
      return absl::OkStatus();
    case Kind::kBoolean:
      file_.metadata[path] = value.integer != 0 ? "true" : "false";
      return absl::OkStatus();
    case Kind::kInteger:
      file_.metadata[path] = absl::StrCat(value.integer);
      return absl::OkStatus();
    case Kind::kNumber:
      file_.metadata[path] = absl::StrCat(value.number);
      return absl::OkStatus();
    case Kind::kText:
      file_.metadata[path] = value.text;
      return absl::OkStatus();
    case Kind::kList:
    case Kind::kDict:
      return VisitItems(value, path, depth);
    case Kind::kCall:
      return VisitCall(value, path, depth);
    case Kind::kName:
      return NeedsCode(value.text);
    case Kind::kPersistent:
      return Wrong("the file holds a bare storage; save a tensor");
  }
  return absl::OkStatus();
}

absl::Status Reader::VisitItems(const PickleValue& value,
                                const std::string& path, int depth) {
  for (size_t i = 0; i < value.items.size(); ++i) {
    SC_RETURN_IF_ERROR(
        Visit(value.items[i], Join(path, absl::StrCat(i)), depth + 1));
  }
  for (const auto& [key_id, field] : value.fields) {
    const PickleValue& key = pickle_.At(key_id);
    if (key.kind != Kind::kText && key.kind != Kind::kInteger) {
      return Wrong("a key of a dict is neither text nor a whole number");
    }
    const std::string name =
        key.kind == Kind::kText ? key.text : absl::StrCat(key.integer);
    SC_RETURN_IF_ERROR(Visit(field, Join(path, name), depth + 1));
  }
  return absl::OkStatus();
}

absl::Status Reader::VisitCall(const PickleValue& value,
                               const std::string& path, int depth) {
  const std::string& name = pickle_.At(value.items[0]).text;
  const PickleValue& arguments = pickle_.At(value.items[1]);
  if (name == "torch._utils._rebuild_tensor_v2") {
    return AddTensor(arguments.items, path);
  }
  // A parameter is a tensor that wants a gradient.
  if (name == "torch._utils._rebuild_parameter" && !arguments.items.empty()) {
    return Visit(arguments.items[0], path, depth + 1);
  }
  if (name == "torch.Size" && arguments.items.size() == 1) {
    return Visit(arguments.items[0], path, depth + 1);
  }
  return NeedsCode(name);
}

absl::StatusOr<std::vector<int64_t>> Reader::Integers(PickleId id) const {
  const PickleValue& list = pickle_.At(id);
  std::vector<int64_t> integers;
  for (const PickleId item : list.items) {
    if (pickle_.At(item).kind != Kind::kInteger) {
      return Wrong("a length or stride of a tensor is no whole number");
    }
    integers.push_back(pickle_.At(item).integer);
  }
  return integers;
}

// The id of a storage is ('storage', type, key, location, elements).
absl::StatusOr<absl::string_view> Reader::Storage(const PickleValue& persistent,
                                                  Dtype& dtype) {
  if (persistent.kind != Kind::kPersistent) {
    return Wrong("a tensor has no storage");
  }
  const PickleValue& id = pickle_.At(persistent.items[0]);
  if (id.items.size() != 5 || pickle_.At(id.items[2]).kind != Kind::kText) {
    return Wrong("the id of a storage is damaged");
  }
  const std::string& type = pickle_.At(id.items[1]).text;
  const auto* const known = std::find_if(
      std::begin(kStorages), std::end(kStorages),
      [&type](const StorageType& each) { return each.name == type; });
  if (known == std::end(kStorages)) {
    return Wrong(absl::StrCat("a tensor is stored as ", type,
                              ", which is not read; convert it, e.g. with "
                              ".to(torch.float32)"));
  }
  dtype = known->dtype;
  const std::string& key = pickle_.At(id.items[2]).text;
  const auto [found, is_new] = storages_.try_emplace(key);
  if (is_new) {
    SC_ASSIGN_OR_RETURN(found->second,
                        archive_.Read(absl::StrCat(folder_, "data/", key)));
    owners_.push_back(found->second.bytes);
  }
  return found->second.view();
}

absl::StatusOr<absl::string_view> Reader::RowMajor(absl::string_view storage,
                                                   const Layout& layout,
                                                   int64_t size) {
  const std::optional<int64_t> count = Product(layout.shape);
  const auto elements = static_cast<int64_t>(storage.size()) / size;
  if (layout.strides.size() != layout.shape.size() ||
      layout.shape.size() > kMostDimensions || layout.offset < 0 ||
      !count.has_value() || !Fits(layout, elements)) {
    return Wrong("a tensor reaches beyond its storage");
  }
  if (*count == 0) return storage.substr(0, 0);
  if (IsRowMajor(layout)) {
    return storage.substr(layout.offset * size, *count * size);
  }
  // No more than the file itself holds.
  if (*count > elements) {
    return Wrong("a tensor is expanded; call .contiguous() before saving it");
  }
  const std::shared_ptr<char[]> copy(new char[*count * size]);
  char* target = copy.get();
  Gather(storage.data() + layout.offset * size, layout, 0, size, target);
  owners_.push_back(copy);
  return absl::string_view(copy.get(), *count * size);
}

// The arguments are (storage, offset, shape, strides, …).
absl::Status Reader::AddTensor(absl::Span<const PickleId> arguments,
                               const std::string& path) {
  if (arguments.size() < 4 || pickle_.At(arguments[1]).kind != Kind::kInteger) {
    return Wrong("a tensor lacks its offset, shape or strides");
  }
  TensorView tensor;
  tensor.name = path.empty() ? std::string(kBareTensor) : path;
  if (!names_.insert(tensor.name).second) {
    return Wrong(absl::StrCat("there are two tensors \"", path, "\""));
  }
  SC_ASSIGN_OR_RETURN(const absl::string_view storage,
                      Storage(pickle_.At(arguments[0]), tensor.dtype));
  Layout layout;
  layout.offset = pickle_.At(arguments[1]).integer;
  SC_ASSIGN_OR_RETURN(layout.shape, Integers(arguments[2]));
  SC_ASSIGN_OR_RETURN(layout.strides, Integers(arguments[3]));
  SC_ASSIGN_OR_RETURN(tensor.bytes,
                      RowMajor(storage, layout, DtypeSize(tensor.dtype)),
                      "tensor \"", tensor.name, "\"");
  tensor.shape = std::move(layout.shape);
  file_.tensors.push_back(std::move(tensor));
  return absl::OkStatus();
}

// The folder of the archive that holds the pickle, with its slash.
absl::StatusOr<std::string> FindFolder(const ZipReader& archive) {
  std::vector<std::string> folders;
  for (const std::string& name : archive.Names()) {
    absl::string_view folder = name;
    if (absl::EndsWith(name, "/constants.pkl")) {
      return Wrong(
          "the file is a script module, which is code; save its state_dict() "
          "with torch.save");
    }
    if (absl::ConsumeSuffix(&folder, kPickleName)) {
      folders.push_back(absl::StrCat(folder, "/"));
    }
  }
  if (folders.size() == 1) return folders.front();
  return Wrong(
      "the ZIP archive is none that torch.save wrote (is it a spreadsheet, or "
      "packed CSV?)");
}

}  // namespace

bool LooksLikeTorchFile(absl::string_view bytes) {
  return absl::StartsWith(bytes, kZipMagic) ||
         absl::StartsWith(bytes, kOldMagic);
}

absl::StatusOr<TorchFile> ReadTorchFile(absl::string_view bytes) {
  if (absl::StartsWith(bytes, kOldMagic)) {
    return Wrong(
        "the file has the form of PyTorch before 1.6; load it and save it "
        "again with torch.save's defaults");
  }
  if (!absl::StartsWith(bytes, kZipMagic))
    return Wrong("the file is none that torch.save wrote");
  SC_ASSIGN_OR_RETURN(const ZipReader archive, ZipReader::Open(bytes));
  SC_ASSIGN_OR_RETURN(const std::string folder, FindFolder(archive));
  // Files from before there was one are little endian.
  const auto order = archive.Read(folder + "byteorder");
  if (order.ok() && order->view() != "little") {
    return Wrong("the file was written on a big-endian machine");
  }
  SC_ASSIGN_OR_RETURN(const ZipReader::Member member,
                      archive.Read(folder + "data.pkl"));
  SC_ASSIGN_OR_RETURN(const Pickle pickle, ParsePickle(member.view()));
  return Reader(archive, folder, pickle).Read();
}

}  // namespace stagecoach
