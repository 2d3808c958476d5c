#include "services/common/rpc/status.h"

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/retry_hint.h"

namespace stagecoach {
namespace {

// A byte may take three once it is percent-encoded for the wire.
constexpr size_t kMaxMessageBytes = 2048;

bool StartsCharacter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

// Cuts between UTF-8 characters.
std::string CutMessage(absl::string_view message) {
  if (message.size() <= kMaxMessageBytes) return std::string(message);
  size_t end = kMaxMessageBytes;
  while (end > 0 && !StartsCharacter(message[end])) --end;
  return absl::StrCat(message.substr(0, end), "... (", message.size() - end,
                      " more bytes)");
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      CutMessage(status.message()));
}

grpc::Status ToGrpcStatus(const absl::Status& status,
                          grpc::ServerContextBase& context) {
  if (const auto wait = RetryHint(status); wait.has_value()) {
    context.AddTrailingMetadata(kRetryAfterMetadata,
                                absl::StrCat(absl::ToInt64Milliseconds(*wait)));
  }
  return ToGrpcStatus(status);
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // absl::Status maps a code that it does not know to UNKNOWN when read.
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

absl::Status FromGrpcStatus(const grpc::Status& status,
                            const grpc::ClientContext& context) {
  absl::Status result = FromGrpcStatus(status);
  if (result.ok()) return result;
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto hint = metadata.find(kRetryAfterMetadata);
  int64_t wait_ms = 0;
  if (hint != metadata.end() &&
      absl::SimpleAtoi(
          absl::string_view(hint->second.data(), hint->second.size()),
          &wait_ms) &&
      wait_ms >= 0) {
    SetRetryHint(result, absl::Milliseconds(wait_ms));
  }
  return result;
}

}  // namespace stagecoach
