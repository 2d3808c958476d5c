// Random identifiers, fit for file names, URIs and Kubernetes labels.

#ifndef SERVICES_COMMON_BASE_IDS_H_
#define SERVICES_COMMON_BASE_IDS_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace stagecoach {

// The alphabet of identifiers: base32 of RFC 4648 in lower case.
inline constexpr absl::string_view kIdAlphabet =
    "abcdefghijklmnopqrstuvwxyz234567";

// `length` random characters of kIdAlphabet, 5 bits each; 1 to 256. With 12,
// a million ids collide with a chance of about 1 in 2 million.
//
// Threads: any. The kernel's generator is asked, so a forked process never
// repeats its parent's ids.
std::string RandomId(size_t length);

// A random id that sorts, as text, after those of earlier seconds:
// kIdTimeLength characters for the seconds since 2020 (they begin anew every 34
// years), then `length` random ones. An index over such ids grows at its end,
// where it is in memory.
//
// Threads: any.
inline constexpr size_t kIdTimeLength = 6;
std::string TimeOrderedId(absl::Time now, size_t length);

// One character of kIdAlphabet for the low 5 bits of each byte.
std::string IdFromBytes(absl::Span<const unsigned char> bytes);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_IDS_H_
