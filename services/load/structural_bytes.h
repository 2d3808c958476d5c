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
  StructuralBytes(absl::string_view bytes, char delimiter)
      : bytes_(bytes), delimiter_(delimiter) {}

  // The position of the first structural byte at or after `from`; the number
  // of bytes if there is none. `from` never shrinks from call to call.
  size_t Next(size_t from) {
    while (from < bytes_.size()) {
      if (from / kBlock != block_) LoadBlock(from / kBlock);
      const uint64_t rest = mask_ & (~uint64_t{0} << (from % kBlock));
      if (rest != 0) return block_ * kBlock + std::countr_zero(rest);
      from = (block_ + 1) * kBlock;
    }
    return bytes_.size();
  }

 private:
  static constexpr size_t kBlock = 64;

  void LoadBlock(size_t block);

  const absl::string_view bytes_;
  const char delimiter_;

  size_t block_ = ~size_t{0};  // none yet
  uint64_t mask_ = 0;          // of block_: a bit for each structural byte
};

}  // namespace stagecoach

#endif  // SERVICES_LOAD_STRUCTURAL_BYTES_H_
