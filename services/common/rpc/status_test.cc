#include "services/common/rpc/status.h"

#include <grpcpp/support/status.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

TEST(StatusTest, EveryCodeKeepsItsNumberAndMessageBothWays) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    const grpc::Status wire = ToGrpcStatus(status);
    EXPECT_EQ(wire.error_code(), code);
    EXPECT_EQ(wire.error_message(), "why");
    EXPECT_EQ(FromGrpcStatus(wire), status);
  }
}

TEST(StatusTest, OkStaysOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_OK(FromGrpcStatus(grpc::Status::OK));
}

TEST(StatusTest, CodeFromTheFutureIsReadAsUnknown) {
  // The enumeration holds up to 31.
  const grpc::Status wire(static_cast<grpc::StatusCode>(20), "odd");
  EXPECT_THAT(FromGrpcStatus(wire),
              StatusIs(absl::StatusCode::kUnknown, "odd"));
}

TEST(StatusTest, LongMessageIsCutBetweenCharactersAndSaysSo) {
  std::string message(2047, 'a');
  message += "\u00e9";  // two bytes, the second beyond the limit
  message += "tail";
  const std::string cut =
      ToGrpcStatus(absl::InternalError(message)).error_message();
  EXPECT_EQ(cut, std::string(2047, 'a') + "... (6 more bytes)");
  EXPECT_EQ(
      ToGrpcStatus(absl::InternalError(std::string(2048, 'b'))).error_message(),
      std::string(2048, 'b'));
}

}  // namespace
}  // namespace stagecoach
