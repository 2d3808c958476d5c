#include "services/common/rpc/metrics_endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/metrics.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/listen_address.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// The whole answer to a GET.
std::string Get(const std::string& address, const std::string& path) {
  const auto parsed = ParseListenAddress(address);
  sockaddr_in server = {};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(static_cast<uint16_t>(parsed->port));
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, reinterpret_cast<sockaddr*>(&server), sizeof(server)) != 0) {
    close(fd);
    return "no connection";
  }
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(write(fd, request.data(), request.size()),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(fd, buffer, sizeof(buffer))) > 0;) {
    answer.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
  return answer;
}

TEST(MetricsEndpointTest, ServesTheMetricsOnThePortThatTheKernelChose) {
  const auto metrics = std::make_shared<ProcessMetrics>("test");
  const auto endpoint = MetricsEndpoint::Start("127.0.0.1:0", metrics);
  ASSERT_OK(endpoint);
  EXPECT_THAT((*endpoint)->address(), testing::Not("127.0.0.1:0"));
  EXPECT_THAT(Get((*endpoint)->address(), "/metrics"),
              AllOf(StartsWith("HTTP/1.1 200"),
                    HasSubstr("process_resident_memory_bytes"),
                    HasSubstr("stagecoach_build_info")));
  EXPECT_THAT(Get((*endpoint)->address(), "/other"),
              StartsWith("HTTP/1.1 404"));
}

TEST(MetricsEndpointTest, TakesAHostName) {
  const auto metrics = std::make_shared<ProcessMetrics>("test");
  const auto endpoint = MetricsEndpoint::Start("localhost:0", metrics);
  ASSERT_OK(endpoint);
  EXPECT_THAT((*endpoint)->address(), StartsWith("localhost:"));
}

TEST(MetricsEndpointTest, AnswersManyScrapesAndStopsAtOnce) {
  const auto metrics = std::make_shared<ProcessMetrics>("test");
  for (int round = 0; round < 20; ++round) {
    const auto endpoint = MetricsEndpoint::Start("127.0.0.1:0", metrics);
    ASSERT_OK(endpoint);
    for (int scrape = 0; scrape < round; ++scrape) {
      EXPECT_THAT(Get((*endpoint)->address(), "/metrics"),
                  StartsWith("HTTP/1.1 200"));
    }
  }
}

TEST(MetricsEndpointTest, PortInUseIsOneClearError) {
  const auto metrics = std::make_shared<ProcessMetrics>("test");
  const auto first = MetricsEndpoint::Start("127.0.0.1:0", metrics);
  ASSERT_OK(first);
  testing::internal::CaptureStderr();
  EXPECT_THAT(
      MetricsEndpoint::Start((*first)->address(), metrics),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               AllOf(HasSubstr((*first)->address()), HasSubstr("in use"))));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(MetricsEndpointTest, BadAddressIsOneClearError) {
  const auto metrics = std::make_shared<ProcessMetrics>("test");
  testing::internal::CaptureStderr();
  EXPECT_THAT(MetricsEndpoint::Start("9464", metrics),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("\"9464\" has no port")));
  EXPECT_THAT(MetricsEndpoint::Start("300.1.1.1:0", metrics),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("has no address")));
  EXPECT_THAT(MetricsEndpoint::Start("192.0.2.1:0", metrics),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("does not belong to this machine")));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(MetricsEndpointTest, FreesItsPort) {
  const auto metrics = std::make_shared<ProcessMetrics>("test");
  auto first = MetricsEndpoint::Start("127.0.0.1:0", metrics);
  ASSERT_OK(first);
  const std::string address = (*first)->address();
  first->reset();
  EXPECT_OK(MetricsEndpoint::Start(address, metrics));
}

}  // namespace
}  // namespace stagecoach
