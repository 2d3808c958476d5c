#include "services/common/base/ids.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace stagecoach {
namespace {

// As kIdAlphabet, but in the order of ASCII (base32hex of RFC 4648).
constexpr absl::string_view kOrderedAlphabet =
    "0123456789abcdefghijklmnopqrstuv";
constexpr int64_t kStartOf2020 = 1'577'836'800;

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

std::string TimeOrderedId(absl::Time now, size_t length) {
  uint64_t seconds = absl::ToUnixSeconds(now) - kStartOf2020;
  std::string id(kIdTimeLength, '0');
  for (size_t i = kIdTimeLength; i-- > 0; seconds >>= 5) {
    id[i] = kOrderedAlphabet[seconds & 31];
  }
  return id + RandomId(length);
}

std::string IdFromBytes(absl::Span<const unsigned char> bytes) {
  std::string id;
  id.reserve(bytes.size());
  for (unsigned char byte : bytes) id.push_back(kIdAlphabet[byte & 31]);
  return id;
}

}  // namespace stagecoach
