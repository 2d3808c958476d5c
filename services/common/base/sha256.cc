#include "services/common/base/sha256.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/escaping.h"

namespace stagecoach {
namespace {

constexpr size_t kHexDigits = 64;

// OpenSSL's digest calls fail only without memory or on misuse; a digest that
// is silently wrong would be worse than the end of the process.
void Require(bool ok) {
  if (ok) return;
  std::fputs("SHA-256 in OpenSSL failed: no memory, or misuse\n", stderr);
  std::abort();
}

// Looked up once: EVP_sha256() has OpenSSL look it up for every digest, which
// takes as long as that of a short text. Lives as long as the process.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm =
      EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  Require(algorithm != nullptr);
  return algorithm;
}

}  // namespace

void Sha256::Deleter::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  Require(context_ != nullptr &&
          EVP_DigestInit_ex(context_.get(), Algorithm(), nullptr) == 1);
}

void Sha256::Update(absl::string_view bytes) {
  Require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::Finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  Require(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

std::string Sha256Hex(absl::string_view bytes) {
  Sha256 digest;
  digest.Update(bytes);
  return digest.Finish();
}

bool IsSha256Hex(absl::string_view text) {
  return text.size() == kHexDigits &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace stagecoach
