#include "services/load/structural_bytes.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace stagecoach {
namespace {

#if defined(__SSE2__)

uint64_t MaskOf16(const char* bytes, char delimiter) {
  const __m128i block =
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  const auto equals = [block](char wanted) {
    return _mm_cmpeq_epi8(block, _mm_set1_epi8(wanted));
  };
  const __m128i hits =
      _mm_or_si128(_mm_or_si128(equals(delimiter), equals('"')),
                   _mm_or_si128(equals('\n'), equals('\0')));
  return static_cast<uint32_t>(_mm_movemask_epi8(hits));
}

uint64_t MaskOf64(const char* bytes, char delimiter) {
  return MaskOf16(bytes, delimiter) | MaskOf16(bytes + 16, delimiter) << 16 |
         MaskOf16(bytes + 32, delimiter) << 32 |
         MaskOf16(bytes + 48, delimiter) << 48;
}

#else

uint64_t MaskOf64(const char* bytes, char delimiter) {
  uint64_t mask = 0;
  for (int i = 0; i < 64; ++i) {
    const char byte = bytes[i];
    const bool hit =
        byte == delimiter || byte == '"' || byte == '\n' || byte == '\0';
    mask |= uint64_t{hit} << i;
  }
  return mask;
}

#endif

}  // namespace

void StructuralBytes::LoadBlock(size_t block) {
  block_ = block;
  const char* const start = bytes_.data() + block * kBlock;
  const size_t left = bytes_.size() - block * kBlock;
  if (left >= kBlock) {
    mask_ = MaskOf64(start, delimiter_);
    return;
  }
  char padded[kBlock];
  std::memset(padded, 'x', sizeof(padded));
  std::memcpy(padded, start, left);
  mask_ = MaskOf64(padded, delimiter_) & ((uint64_t{1} << left) - 1);
}

}  // namespace stagecoach
