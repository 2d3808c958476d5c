// Finds the bytes that give a CSV file its structure, 64 at a time.
//
// Each block of 64 bytes becomes one word with a bit for every byte that is a
// delimiter, a quote, a line feed or NUL (the first step of simdjson,
// https://arxiv.org/abs/1902.08318), so that the bytes between cost nothing.

#ifndef SERVICES_LOAD_STRUCTURAL_BYTES_H_
#define SERVICES_LOAD_STRUCTURAL_BYTES_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace stagecoach {

// A cursor over bytes that somebody else owns.
//
// Threads: one at a time.
class StructuralBytes {
 public:
  // Bytes that are looked at in one go.
  static constexpr size_t kBlock = 64;

  StructuralBytes(absl::string_view bytes, char delimiter)
      : bytes_(bytes), delimiter_(delimiter) {}

  // The position of the first structural byte at or after `from`; the number
  // of bytes if there is none. `from` never shrinks from call to call.
  size_t Next(size_t from) {
    while (from < bytes_.size()) {
      const uint64_t rest =
          Mask(from / kBlock) & (~uint64_t{0} << (from % kBlock));
      if (rest != 0) return block_ * kBlock + std::countr_zero(rest);
      from = (block_ + 1) * kBlock;
    }
    return bytes_.size();
  }

  // Of block `block`, which starts before the end: a bit for each structural
  // byte. Cheapest if it is asked for in order.
  uint64_t Mask(size_t block) {
    if (block != block_) LoadBlock(block);
    return mask_;
  }

 private:
  void LoadBlock(size_t block);

  absl::string_view bytes_;
  char delimiter_;

  size_t block_ = ~size_t{0};  // none yet
  uint64_t mask_ = 0;          // of block_: a bit for each structural byte
};

}  // namespace stagecoach

#endif  // SERVICES_LOAD_STRUCTURAL_BYTES_H_
