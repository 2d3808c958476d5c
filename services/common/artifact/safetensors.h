// safetensors: a JSON header and raw tensors. Written streaming, read by map.
//
// Format: 8 bytes header length N (little endian), N bytes JSON, then the
// tensors' bytes, each at the offsets that the header says. See
// https://github.com/huggingface/safetensors.

#ifndef SERVICES_COMMON_ARTIFACT_SAFETENSORS_H_
#define SERVICES_COMMON_ARTIFACT_SAFETENSORS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/artifact/artifact_reader.h"

namespace stagecoach {

// Element types, as safetensors names them.
enum class Dtype { kBool, kU8, kI8, kI16, kI32, kI64, kF16, kBF16, kF32, kF64 };

// `F32` and so on.
absl::string_view DtypeName(Dtype dtype);
// Bytes per element.
int64_t DtypeSize(Dtype dtype);

// A named tensor whose bytes somebody else owns: row-major, little endian.
struct TensorView {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;
  absl::string_view bytes;

  // The elements of a tensor of type F32. The bytes must be aligned to 4.
  absl::Span<const float> floats() const;
};

// Free-form text that travels in the header, as safetensors allows it.
using SafetensorsMetadata = std::map<std::string, std::string>;

// A parsed safetensors file. Holds the map that its tensors point into; copies
// share it.
class SafetensorsView {
 public:
  // FAILED_PRECONDITION naming what is wrong with the header: its length, its
  // JSON, a dtype, a shape that does not fit the offsets, offsets outside the
  // file, overlapping or with holes.
  static absl::StatusOr<SafetensorsView> Parse(ArtifactReader reader);

  // In the order of their bytes.
  const std::vector<TensorView>& tensors() const { return tensors_; }
  const SafetensorsMetadata& metadata() const { return metadata_; }

  // FAILED_PRECONDITION if there is none of that name; lists those there are.
  absl::StatusOr<TensorView> Find(absl::string_view name) const;

 private:
  ArtifactReader reader_;
  std::vector<TensorView> tensors_;
  SafetensorsMetadata metadata_;
};

// The header for `tensors` in this order: length, JSON and padding, so that
// the bytes that follow are aligned to 8. INVALID_ARGUMENT: a name twice or
// `__metadata__`, or bytes that do not fit the shape.
absl::StatusOr<std::string> SafetensorsHeader(
    absl::Span<const TensorView> tensors, const SafetensorsMetadata& metadata);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_SAFETENSORS_H_
