#include "orchestrator/api/http/http_server.h"

#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/listen_address.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

// A connection that says what it likes.
class RawClient {
 public:
  explicit RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Send(const std::string& text) {
    EXPECT_EQ(send(fd_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // What comes until `end` has come or the connection is closed.
  std::string ReadUntil(const std::string& end) {
    std::string text;
    char buffer[4096];
    while (text.find(end) == std::string::npos) {
      const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
      if (size <= 0) break;
      text.append(buffer, static_cast<size_t>(size));
    }
    return text;
  }

 private:
  const int fd_;
};

class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpServer::Handler handler) {
    auto server = HttpServer::Start({}, std::move(handler));
    ASSERT_OK(server);
    server_ = *std::move(server);
    port_ = ParseListenAddress(server_->address())->port;
    client_ = std::make_unique<httplib::Client>("127.0.0.1", port_);
    client_->set_read_timeout(10);
  }

  // Answers with method, path and body.
  static HttpBodyRules Echo(const std::shared_ptr<HttpExchange>& exchange) {
    HttpBodyRules rules;
    rules.max_bytes = 1000;
    rules.on_whole = [exchange] {
      HttpResponse response;
      response.content_type = "text/plain";
      response.body =
          absl::StrCat(exchange->request().method, " ",
                       exchange->request().path, " ", exchange->body());
      exchange->Answer(std::move(response));
    };
    return rules;
  }

  std::unique_ptr<HttpServer> server_;
  int port_ = 0;
  std::unique_ptr<httplib::Client> client_;
};

TEST_F(HttpServerTest, AnswersWithWhatItsHandlerSays) {
  Start(Echo);
  const auto answer = client_->Post("/v1/x", "body", "text/plain");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "POST /v1/x body");
}

TEST_F(HttpServerTest, DecodesPathQueryAndHeaders) {
  Start([](const std::shared_ptr<HttpExchange>& exchange) {
    const HttpRequest& request = exchange->request();
    HttpResponse response;
    response.body =
        absl::StrCat(request.path, "|", request.query.at(0).first, "=",
                     request.query.at(0).second, "|", request.header("x-a"));
    exchange->Answer(std::move(response));
    return HttpBodyRules();
  });
  const auto answer =
      client_->Get("/a%20b?uri=pvc%3A%2F%2Fv%2Fx", {{"X-A", "1"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "/a b|uri=pvc://v/x|1");
}

TEST_F(HttpServerTest, TheAnswerMayComeLaterFromAnotherThread) {
  std::thread answering;
  Start([&](const std::shared_ptr<HttpExchange>& exchange) {
    HttpBodyRules rules;
    rules.on_whole = [&answering, exchange] {
      answering = std::thread([exchange] { exchange->Answer({.body = "{}"}); });
    };
    return rules;
  });
  const auto answer = client_->Get("/");
  answering.join();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "{}");
}

TEST_F(HttpServerTest, ABodyThatIsTooLargeIs413WithTheLimit) {
  Start(Echo);
  const auto answer = client_->Post("/", std::string(1001, 'x'), "text/plain");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_THAT(answer->body, HasSubstr("at most 1000 bytes"));
}

TEST_F(HttpServerTest, ABodyOfUnknownLengthHasTheSameLimit) {
  Start(Echo);
  RawClient client(port_);
  client.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.Send(absl::StrCat("3e9\r\n", std::string(0x3e9, 'x'), "\r\n"));
  client.Send("0\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("}}"), HasSubstr("413"));
}

TEST_F(HttpServerTest, ABodyCanBeTakenInPieces) {
  constexpr size_t kSize = (5 << 19) + 7;
  size_t received = 0;
  int pieces = 0;
  Start([&](const std::shared_ptr<HttpExchange>& exchange) {
    HttpBodyRules rules;
    rules.max_bytes = kSize;
    rules.on_piece = [&, exchange](std::string piece) {
      received += piece.size();
      ++pieces;
      if (piece.empty()) {
        exchange->Answer({});
      } else {
        exchange->TakeNextPiece();
      }
    };
    return rules;
  });
  const auto answer =
      client_->Put("/", std::string(kSize, 'x'), "application/octet-stream");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(received, kSize);
  EXPECT_GE(pieces, 4);
}

TEST_F(HttpServerTest, AnAnswerCanBeWrittenPieceByPiece) {
  std::thread writing;
  Start([&](const std::shared_ptr<HttpExchange>& exchange) {
    HttpBodyRules rules;
    rules.on_whole = [&writing, exchange] {
      exchange->BeginStream({.content_type = "text/plain"}, std::nullopt);
      writing = std::thread([exchange] {
        for (int i = 0; i < 100; ++i) {
          exchange->Write(std::string(10'000, 'x'));
          absl::Notification drained;
          exchange->OnDrained([&] { drained.Notify(); });
          drained.WaitForNotification();
        }
        exchange->Finish(/*whole=*/true);
      });
    };
    return rules;
  });
  const auto answer = client_->Get("/");
  writing.join();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.size(), 1'000'000u);
}

TEST_F(HttpServerTest, SlowAndSilentClientsHoldUpNobody) {
  std::vector<std::shared_ptr<HttpExchange>> streams;
  Start([&](const std::shared_ptr<HttpExchange>& exchange) {
    if (exchange->request().path != "/events") return Echo(exchange);
    HttpBodyRules rules;
    rules.on_whole = [&streams, exchange] {
      exchange->BeginStream({.content_type = "text/event-stream"},
                            std::nullopt);
      exchange->Write("hello\n");
      streams.push_back(exchange);
    };
    return rules;
  });
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    // A third says nothing, a third breaks off, a third waits for events.
    if (i % 3 == 1) clients.back()->Send("POST / HTTP/1.1\r\nHost:");
    if (i % 3 == 2) {
      clients.back()->Send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_THAT(clients.back()->ReadUntil("hello"), HasSubstr("200"));
    }
  }
  const auto answer = client_->Get("/quick");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "GET /quick ");
  server_->Stop(absl::ZeroDuration());
}

TEST_F(HttpServerTest, TellsWhenAClientHasGone) {
  absl::Notification closed;
  std::shared_ptr<HttpExchange> stream;
  Start([&](const std::shared_ptr<HttpExchange>& exchange) {
    HttpBodyRules rules;
    rules.on_whole = [&, exchange] {
      exchange->BeginStream({}, std::nullopt);
      exchange->OnClosed([&] { closed.Notify(); });
      exchange->Write("hello\n");
      stream = exchange;
    };
    return rules;
  });
  {
    RawClient client(port_);
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.ReadUntil("hello");
  }
  while (!closed.WaitForNotificationWithTimeout(absl::Milliseconds(1))) {
    stream->Write(std::string(100'000, 'x'));
  }
  EXPECT_EQ(stream->Write("more"), 0u);
}

TEST_F(HttpServerTest, StoppingAnswersWhatIsStillWaiting) {
  absl::Notification waiting;
  Start([&](const std::shared_ptr<HttpExchange>&) {
    HttpBodyRules rules;
    rules.on_whole = [&] { waiting.Notify(); };
    return rules;
  });
  RawClient client(port_);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  waiting.WaitForNotification();
  server_->Stop(absl::ZeroDuration());
  const std::string answer = client.ReadUntil("}}");
  EXPECT_THAT(answer, HasSubstr("503"));
  EXPECT_THAT(answer, HasSubstr("UNAVAILABLE"));
}

TEST(HttpServerStartTest, SaysWhyItCannotListen) {
  const auto first = HttpServer::Start({}, nullptr);
  ASSERT_OK(first);
  EXPECT_THAT(
      HttpServer::Start({.listen_address = (*first)->address()}, nullptr),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("in use")));
}

}  // namespace
}  // namespace stagecoach
