// The JSON header of a safetensors file, read from bytes that nobody vouches
// for. Internal to this folder.

#ifndef SERVICES_COMMON_ARTIFACT_SAFETENSORS_HEADER_H_
#define SERVICES_COMMON_ARTIFACT_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/artifact/safetensors.h"

namespace stagecoach {

// The longest header that is read, as the format has it, in bytes.
inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

// One tensor as the header has it, nothing compared with anything else.
struct TensorRecord {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;  // each >= 0
  // Bytes of the data, from `begin` to before `end`; nothing checked.
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct ParsedSafetensorsHeader {
  std::vector<TensorRecord> tensors;  // as in the header
  SafetensorsMetadata metadata;
};

// Reads the header in one pass, with memory in proportion to what it holds
// that is right. FAILED_PRECONDITION: not JSON, not UTF-8, a key twice, a key,
// type or value that the format does not have; the message names the tensor.
absl::StatusOr<ParsedSafetensorsHeader> ParseSafetensorsHeader(
    absl::string_view json);

// The tensor's name for a message: quoted, printable, at most 64 bytes.
std::string QuotedTensor(absl::string_view name);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_SAFETENSORS_HEADER_H_
