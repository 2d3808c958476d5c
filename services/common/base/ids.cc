#include "services/common/base/ids.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace stagecoach {
namespace {

// The most that getentropy gives in one call.
constexpr size_t kMaxLength = 256;

}  // namespace

std::string RandomId(size_t length) {
  std::array<unsigned char, kMaxLength> bytes;
  length = std::clamp<size_t>(length, 1, kMaxLength);
  // Fails only on a kernel older than 3.17: no id is better than a guessable
  // or repeated one.
  if (getentropy(bytes.data(), length) != 0) {
    std::perror("getentropy");
    std::abort();
  }
  return IdFromBytes(absl::MakeConstSpan(bytes.data(), length));
}

std::string IdFromBytes(absl::Span<const unsigned char> bytes) {
  std::string id;
  id.reserve(bytes.size());
  for (unsigned char byte : bytes) id.push_back(kIdAlphabet[byte & 31]);
  return id;
}

}  // namespace stagecoach
