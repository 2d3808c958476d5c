// SHA-256 (FIPS 180-4), incremental, by OpenSSL.

#ifndef SERVICES_COMMON_BASE_SHA256_H_
#define SERVICES_COMMON_BASE_SHA256_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

struct evp_md_ctx_st;

namespace stagecoach {

// Digests a stream of bytes.
//
// Threads: one at a time.
class Sha256 {
 public:
  Sha256();

  // Adds bytes; `Finish` must not have been called.
  void Update(absl::string_view bytes);

  // The digest of all bytes added: 64 lower-case hexadecimal digits. Once.
  std::string Finish();

 private:
  struct Deleter {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Deleter> context_;
};

// The digest of `bytes`: 64 lower-case hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);

// Whether `text` is 64 lower-case hexadecimal digits.
bool IsSha256Hex(absl::string_view text);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_BASE_SHA256_H_
