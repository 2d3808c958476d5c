#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/artifact/safetensors_header.h"
#include "services/common/artifact/utf8.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// Keeps the order of insertion: that of the tensors.
using Json = nlohmann::ordered_json;

constexpr size_t kAlignment = 8;
constexpr absl::string_view kMetadataKey = "__metadata__";

std::string LittleEndian(uint64_t value) {
  std::string bytes;
  for (; bytes.size() < sizeof(value); value >>= 8) {
    bytes.push_back(static_cast<char>(value & 0xff));
  }
  return bytes;
}

absl::Status CheckText(absl::string_view what, absl::string_view text) {
  if (IsUtf8(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " ", QuotedTensor(text), " is not UTF-8"));
}

absl::Status CheckSize(const TensorView& tensor) {
  const std::string shape = absl::StrJoin(tensor.shape, ", ");
  int64_t size = DtypeSize(tensor.dtype);
  for (int64_t length : tensor.shape) {
    if (length < 0 || __builtin_mul_overflow(size, length, &size)) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", QuotedTensor(tensor.name), " has the shape [",
                       shape, "]; lengths must be >= 0 and fit in 63 bits"));
    }
  }
  if (static_cast<uint64_t>(size) == tensor.bytes.size()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("tensor ", QuotedTensor(tensor.name), " has ",
                   tensor.bytes.size(), " bytes, but ", DtypeName(tensor.dtype),
                   " of shape [", shape, "] has ", size));
}

absl::Status CheckTensors(absl::Span<const TensorView> tensors) {
  std::set<absl::string_view> names;
  for (const TensorView& tensor : tensors) {
    SC_RETURN_IF_ERROR(CheckText("tensor name", tensor.name));
    if (tensor.name == kMetadataKey || !names.insert(tensor.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor name ", QuotedTensor(tensor.name),
                       " is taken; names must be different from each other "
                       "and from \"__metadata__\""));
    }
    SC_RETURN_IF_ERROR(CheckSize(tensor));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> SafetensorsHeader(
    absl::Span<const TensorView> tensors, const SafetensorsMetadata& metadata) {
  SC_RETURN_IF_ERROR(CheckTensors(tensors));
  for (const auto& [key, value] : metadata) {
    SC_RETURN_IF_ERROR(CheckText("metadata key", key));
    SC_RETURN_IF_ERROR(CheckText("metadata value", value));
  }
  Json json = Json::object();
  if (!metadata.empty()) json[std::string(kMetadataKey)] = metadata;
  uint64_t offset = 0;
  for (const TensorView& tensor : tensors) {
    const uint64_t end = offset + tensor.bytes.size();
    json[tensor.name] = {{"dtype", std::string(DtypeName(tensor.dtype))},
                         {"shape", tensor.shape},
                         {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = json.dump();
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  if (text.size() > kMaxSafetensorsHeader) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the header for ", tensors.size(), " tensors has ", text.size(),
        " bytes; at most ", kMaxSafetensorsHeader, " are allowed"));
  }
  return LittleEndian(text.size()) + text;
}

}  // namespace stagecoach
