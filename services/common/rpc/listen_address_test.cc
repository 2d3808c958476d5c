#include "services/common/rpc/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(ListenAddressTest, ParsesHostAndPortAndPrintsThemBack) {
  for (const char* text : {"127.0.0.1:0", "0.0.0.0:50051", "localhost:65535",
                           "[::1]:80", "[::]:0"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_OK(address);
    EXPECT_EQ(address->ToString(), text);
  }
  const auto loopback = ParseListenAddress("[::1]:80");
  EXPECT_EQ(loopback->host, "::1");
  EXPECT_EQ(loopback->port, 80);
}

TEST(ListenAddressTest, SaysWhatIsWrongWithAnAddressAndShowsARightOne) {
  const struct {
    const char* text;
    const char* why;
  } kCases[] = {
      {"", "has no port"},
      {"127.0.0.1", "has no port"},
      {"127.0.0.1:", "port that is not a number"},
      {"127.0.0.1:http", "port that is not a number"},
      {"127.0.0.1:65536", "from 0 to 65535"},
      {"127.0.0.1:-1", "from 0 to 65535"},
      {":50051", "has no host"},
      {"::1:50051", "IPv6 address without brackets"},
      {"[::1:50051", "IPv6 address without brackets"},
      {"unix:///tmp/x:1", "without brackets"},
      {"a/b:1", "host that is not a name"},
      {"a b:1", "host that is not a name"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(
        ParseListenAddress(test.text),
        StatusIs(absl::StatusCode::kInvalidArgument,
                 AllOf(HasSubstr(test.why), HasSubstr("127.0.0.1:50051"))))
        << test.text;
  }
}

TEST(ListenAddressTest, ExplainsAPortInUse) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in bound = {};
  bound.sin_family = AF_INET;
  bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(bound);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&bound), size), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  const ListenAddress address{"127.0.0.1", ntohs(bound.sin_port)};
  EXPECT_THAT(ExplainListenFailure(address),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr(address.ToString()),
                             HasSubstr("already in use"))));
  close(fd);
  EXPECT_THAT(ExplainListenFailure(address),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(ListenAddressTest, ExplainsAnAddressOfAnotherMachine) {
  EXPECT_THAT(ExplainListenFailure({"192.0.2.1", 0}),  // RFC 5737: nobody's
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("does not belong to this machine")));
}

TEST(ListenAddressTest, ExplainsAHostWithoutAddress) {
  EXPECT_THAT(ExplainListenFailure({"300.1.1.1", 0}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("\"300.1.1.1\" has no address")));
}

}  // namespace
}  // namespace stagecoach
