#include "services/common/artifact/safetensors.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/artifact/safetensors_header.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr uint64_t kLengthBytes = 8;

struct DtypeFacts {
  absl::string_view name;
  int64_t size;
};

// In the order of the enum.
constexpr DtypeFacts kDtypes[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},   {"I16", 2}, {"I32", 4},
    {"I64", 8},  {"F16", 2}, {"BF16", 2}, {"F32", 4}, {"F64", 8},
};

absl::Status CheckExtent(const TensorRecord& record, uint64_t position,
                         uint64_t data_size) {
  const auto refuse = [&record](const auto&... what) {
    return absl::FailedPreconditionError(absl::StrCat(
        "tensor ", QuotedTensor(record.name), " has data_offsets [",
        record.begin, ", ", record.end, "]", what...));
  };
  if (record.begin > record.end) return refuse(", which end before they begin");
  if (record.end > data_size) {
    return refuse(", but the file has only ", data_size, " bytes of data");
  }
  if (record.begin < position) {
    return refuse(", which overlap the tensor before; it ends at ", position);
  }
  if (record.begin > position) {
    return refuse(", which leave a hole; the tensor before ends at ", position);
  }
  uint64_t size = static_cast<uint64_t>(DtypeSize(record.dtype));
  for (int64_t length : record.shape) {
    if (__builtin_mul_overflow(size, static_cast<uint64_t>(length), &size)) {
      return refuse(", but its shape [", absl::StrJoin(record.shape, ", "),
                    "] has more than 2^64 bytes");
    }
  }
  if (size != record.end - record.begin) {
    return refuse(", ", record.end - record.begin, " bytes, but ",
                  DtypeName(record.dtype), " of shape [",
                  absl::StrJoin(record.shape, ", "), "] has ", size);
  }
  return absl::OkStatus();
}

// Every tensor right behind the one before, the last ending with the file.
absl::Status CheckExtents(absl::Span<const TensorRecord> records,
                          uint64_t data_size) {
  uint64_t position = 0;
  for (const TensorRecord& record : records) {
    SC_RETURN_IF_ERROR(CheckExtent(record, position, data_size));
    position = record.end;
  }
  if (position == data_size) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the tensors end at byte ", position,
                   " of the data, but the file has ", data_size));
}

uint64_t LoadLittleEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

// The header's JSON, and the data that follows it.
struct Parts {
  absl::string_view json;
  absl::string_view data;
};

absl::StatusOr<Parts> Split(absl::string_view file) {
  if (file.size() < kLengthBytes) {
    return absl::FailedPreconditionError(
        absl::StrCat("the file has ", file.size(),
                     " bytes; a safetensors file has at least 10"));
  }
  const uint64_t length = LoadLittleEndian(file.substr(0, kLengthBytes));
  if (length > kMaxSafetensorsHeader) {
    return absl::FailedPreconditionError(
        absl::StrCat("the header says it is ", length, " bytes long; at most ",
                     kMaxSafetensorsHeader, " are allowed"));
  }
  file.remove_prefix(kLengthBytes);
  if (length > file.size()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the header says it is ", length, " bytes long, but only ",
                     file.size(), " follow; the file is cut off"));
  }
  return Parts{file.substr(0, length), file.substr(length)};
}

bool IsAligned(absl::string_view bytes, Dtype dtype) {
  return reinterpret_cast<uintptr_t>(bytes.data()) % DtypeSize(dtype) == 0;
}

// What a SafetensorsView keeps alive when some bytes had to be moved.
struct Aligned {
  ArtifactReader file;
  std::vector<std::unique_ptr<char[]>> copies;
};

// Copies the tensors that do not lie on a multiple of their element's size;
// files that other programs wrote may have such.
ArtifactReader Align(ArtifactReader file, absl::Span<TensorView> tensors) {
  std::shared_ptr<Aligned> aligned;
  for (TensorView& tensor : tensors) {
    if (IsAligned(tensor.bytes, tensor.dtype)) continue;
    if (aligned == nullptr) aligned = std::make_shared<Aligned>();
    auto copy = std::make_unique<char[]>(tensor.bytes.size());
    std::memcpy(copy.get(), tensor.bytes.data(), tensor.bytes.size());
    tensor.bytes = absl::string_view(copy.get(), tensor.bytes.size());
    aligned->copies.push_back(std::move(copy));
  }
  if (aligned == nullptr) return file;
  aligned->file = std::move(file);
  return ArtifactReader(aligned->file.uri(), aligned->file.bytes(), aligned);
}

}  // namespace

absl::string_view DtypeName(Dtype dtype) {
  return kDtypes[static_cast<size_t>(dtype)].name;
}

int64_t DtypeSize(Dtype dtype) {
  return kDtypes[static_cast<size_t>(dtype)].size;
}

absl::Span<const float> TensorView::floats() const {
  return absl::MakeConstSpan(reinterpret_cast<const float*>(bytes.data()),
                             bytes.size() / sizeof(float));
}

absl::StatusOr<SafetensorsView> SafetensorsView::Parse(ArtifactReader reader) {
  SC_ASSIGN_OR_RETURN(const Parts parts, Split(reader.bytes()), reader.uri());
  SC_ASSIGN_OR_RETURN(ParsedSafetensorsHeader header,
                      ParseSafetensorsHeader(parts.json), reader.uri(),
                      ": safetensors header");
  // A tensor without elements stands before the one that begins where it does.
  std::sort(header.tensors.begin(), header.tensors.end(),
            [](const TensorRecord& a, const TensorRecord& b) {
              return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
            });
  SC_RETURN_IF_ERROR(CheckExtents(header.tensors, parts.data.size()),
                     reader.uri(), ": safetensors header");
  SafetensorsView view;
  view.tensors_.reserve(header.tensors.size());
  for (TensorRecord& record : header.tensors) {
    view.tensors_.push_back(
        {std::move(record.name), record.dtype, std::move(record.shape),
         parts.data.substr(record.begin, record.end - record.begin)});
  }
  view.metadata_ = std::move(header.metadata);
  view.reader_ = Align(std::move(reader), absl::MakeSpan(view.tensors_));
  return view;
}

absl::StatusOr<TensorView> SafetensorsView::Find(absl::string_view name) const {
  for (const TensorView& tensor : tensors_) {
    if (tensor.name == name) return tensor;
  }
  std::vector<std::string> names;
  for (const TensorView& tensor : tensors_) names.push_back(tensor.name);
  return absl::FailedPreconditionError(absl::StrCat(
      reader_.uri(), " has no tensor ", QuotedTensor(name),
      names.empty() ? "; it has none" : "", NearestNameHint(name, names)));
}

}  // namespace stagecoach
