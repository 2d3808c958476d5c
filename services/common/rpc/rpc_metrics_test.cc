#include "services/common/rpc/rpc_metrics.h"

#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/fake_clock.h"
#include "services/common/rpc/fake_stage_service.h"

namespace stagecoach {
namespace {

constexpr char kService[] = "stagecoach.v1.StageService";

// The labels of a method as MetricValue takes them.
std::string Labels(const std::string& type, const std::string& method,
                   const std::string& code = "") {
  return absl::StrCat(code.empty() ? "" : "grpc_code=\"", code,
                      code.empty() ? "" : "\",", "grpc_method=\"", method,
                      "\",grpc_service=\"", kService, "\",grpc_type=\"", type,
                      "\"");
}

class RpcMetricsTest : public RpcTest {
 protected:
  RpcMetricsTest() {
    auto client = std::make_shared<RpcMetrics>(RpcSide::kClient,
                                               client_metrics_.registry());
    client->AddService(kService);
    channel_options_.metrics = client;
  }

  // Waits until the server has no call left.
  void Stop() {
    stub_.reset();
    channel_.reset();
    server_->Shutdown(absl::InfiniteDuration());
    server_.reset();
  }

  double Server(const std::string& name, const std::string& labels) const {
    return MetricValue(metrics_, "grpc_server_" + name, labels);
  }
  double Client(const std::string& name, const std::string& labels) const {
    return MetricValue(client_metrics_, "grpc_client_" + name, labels);
  }

  // All calls of a method that were counted as handled, over all codes.
  static double Handled(const prometheus::Collectable& metrics,
                        const std::string& family, const std::string& method) {
    double sum = 0;
    for (const auto& found : metrics.Collect()) {
      if (found.name != family) continue;
      for (const auto& metric : found.metric) {
        for (const auto& label : metric.label) {
          if (label.name == "grpc_method" && label.value == method) {
            sum += metric.counter.value;
          }
        }
      }
    }
    return sum;
  }

  ProcessMetrics client_metrics_{"client"};
};

TEST_F(RpcMetricsTest, KnownMethodsAreThereAtZeroBeforeTheFirstCall) {
  StartServer();
  EXPECT_EQ(Server("started_total", Labels("unary", "Describe")), 0);
  EXPECT_EQ(Server("handled_total", Labels("unary", "Cancel", "DataLoss")), 0);
  EXPECT_EQ(Server("handling_seconds", Labels("server_stream", "Execute")), 0);
  EXPECT_EQ(Client("started_total", Labels("server_stream", "Execute")), 0);
}

TEST_F(RpcMetricsTest, UnaryCallIsCountedOnceAtBothEnds) {
  StartServer();
  EXPECT_OK(Describe());
  service_.describe = [] { return absl::NotFoundError("x"); };
  EXPECT_FALSE(Describe().ok());
  Stop();
  const std::string labels = Labels("unary", "Describe");
  for (const char* code : {"OK", "NotFound"}) {
    EXPECT_EQ(Server("handled_total", Labels("unary", "Describe", code)), 1);
    EXPECT_EQ(Client("handled_total", Labels("unary", "Describe", code)), 1);
  }
  EXPECT_EQ(Server("started_total", labels), 2);
  EXPECT_EQ(Server("handling_seconds", labels), 2);
  EXPECT_EQ(Server("msg_received_total", labels), 2);
  EXPECT_EQ(Server("msg_sent_total", labels), 1);  // an error sends none
  EXPECT_EQ(Client("started_total", labels), 2);
  EXPECT_EQ(Client("handling_seconds", labels), 2);
  EXPECT_EQ(Client("msg_sent_total", labels), 2);
  EXPECT_EQ(Client("msg_received_total", labels), 1);
}

TEST_F(RpcMetricsTest, StreamCountsItsMessages) {
  service_.execute = [](std::shared_ptr<ExecuteStream> stream) {
    for (int i = 0; i < 4; ++i) stream->Write({}, Keep::kAll);
    stream->WriteAndFinish({}, absl::OkStatus());
  };
  StartServer();
  EXPECT_OK(Execute());
  Stop();
  const std::string labels = Labels("server_stream", "Execute");
  EXPECT_EQ(Server("msg_sent_total", labels), 5);
  EXPECT_EQ(Server("msg_received_total", labels), 1);
  EXPECT_EQ(Client("msg_received_total", labels), 5);
  EXPECT_EQ(Server("handled_total", Labels("server_stream", "Execute", "OK")),
            1);
  EXPECT_EQ(Client("handled_total", Labels("server_stream", "Execute", "OK")),
            1);
}

TEST_F(RpcMetricsTest, CancelledStreamIsHandledExactlyOnce) {
  absl::Notification opened;
  service_.execute = [&](std::shared_ptr<ExecuteStream> stream) {
    stream->Write({}, Keep::kAll);
    opened.Notify();
  };
  StartServer();
  {
    auto context = NewCall();
    auto reader = stub_->Execute(context.get(), {});
    opened.WaitForNotification();
    context->TryCancel();
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  Stop();
  const std::string cancelled = Labels("server_stream", "Execute", "Canceled");
  EXPECT_EQ(Server("handled_total", cancelled), 1);
  EXPECT_EQ(Client("handled_total", cancelled), 1);
  EXPECT_EQ(Handled(metrics_, "grpc_server_handled_total", "Execute"), 1);
  EXPECT_EQ(Handled(client_metrics_, "grpc_client_handled_total", "Execute"),
            1);
}

TEST_F(RpcMetricsTest, EveryCallThatStartsIsHandledHoweverItEnds) {
  service_.execute = [](std::shared_ptr<ExecuteStream> stream) {
    std::thread([stream] {
      while (stream->Write({}, Keep::kNewest)) {
      }
    }).detach();
  };
  StartServer();
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    SetTimeout(context, absl::Milliseconds(i % 4));
    if (i % 2 == 0) {
      v1::DescribeResponse response;
      stub_->Describe(&context, {}, &response);
    } else {
      auto reader = stub_->Execute(&context, {});
      v1::ExecuteResponse response;
      while (reader->Read(&response)) {
      }
      reader->Finish();
    }
  }
  Stop();
  for (const char* method : {"Describe", "Execute"}) {
    const std::string labels =
        Labels(method[0] == 'D' ? "unary" : "server_stream", method);
    EXPECT_EQ(Handled(metrics_, "grpc_server_handled_total", method),
              Server("started_total", labels));
    EXPECT_EQ(Handled(client_metrics_, "grpc_client_handled_total", method),
              10);
  }
}

TEST_F(RpcMetricsTest, RequestOverTheLimitIsCountedByTheClientAlone) {
  RpcServerOptions options;
  options.max_receive_bytes = 1 << 10;
  StartServer(options);
  auto context = NewCall();
  v1::CancelRequest request;
  request.set_execution_id(std::string(2 << 10, 'x'));
  v1::CancelResponse response;
  EXPECT_FALSE(stub_->Cancel(context.get(), request, &response).ok());
  context.reset();
  Stop();
  // gRPC refuses it before the server's interceptors hear of it.
  EXPECT_EQ(Server("started_total", Labels("unary", "Cancel")), 0);
  EXPECT_EQ(Handled(metrics_, "grpc_server_handled_total", "Cancel"), 0);
  EXPECT_EQ(
      Client("handled_total", Labels("unary", "Cancel", "ResourceExhausted")),
      1);
}

TEST_F(RpcMetricsTest, CallToAServerThatIsGoneIsHandledAsUnavailable) {
  StartServer();
  server_.reset();
  EXPECT_THAT(Describe(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Client("handled_total", Labels("unary", "Describe", "Unavailable")),
            1);
}

class CallRecorderTest : public testing::Test {
 protected:
  double Value(const std::string& name, const std::string& labels) const {
    return MetricValue(process_, "grpc_server_" + name, labels);
  }

  FakeClock clock_;
  ProcessMetrics process_{"test"};
  RpcMetrics metrics_{RpcSide::kServer, process_.registry(), clock_};
};

TEST_F(CallRecorderTest, MethodsOfUnknownServicesCountAsOther) {
  metrics_.AddService("no.such.Service");
  CallRecorder(metrics_, "/no.such.Service/Method").Handled(0);
  CallRecorder(metrics_, "/stagecoach.v1.StageService/Describe").Handled(0);
  EXPECT_EQ(Value("started_total",
                  "grpc_method=\"other\",grpc_service=\"other\","
                  "grpc_type=\"other\""),
            2);
}

TEST_F(CallRecorderTest, OnlyTheFirstEndCountsAndNoEndIsACancellation) {
  metrics_.AddService(kService);
  const std::string path = absl::StrCat("/", kService, "/Cancel");
  {
    CallRecorder call(metrics_, path);
    call.Handled(0);
    call.Handled(13);
  }
  { CallRecorder call(metrics_, path); }
  CallRecorder(metrics_, path).Handled(99);
  EXPECT_EQ(Value("handled_total", Labels("unary", "Cancel", "OK")), 1);
  EXPECT_EQ(Value("handled_total", Labels("unary", "Cancel", "Internal")), 0);
  EXPECT_EQ(Value("handled_total", Labels("unary", "Cancel", "Canceled")), 1);
  EXPECT_EQ(Value("handled_total", Labels("unary", "Cancel", "Unknown")), 1);
}

TEST_F(CallRecorderTest, SecondsRunFromTheStartOfTheCallToItsEnd) {
  metrics_.AddService(kService);
  CallRecorder call(metrics_, absl::StrCat("/", kService, "/Cancel"));
  clock_.Advance(absl::Milliseconds(250));
  call.Handled(0);
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(RenderMetrics(process_),
              testing::HasSubstr(absl::StrCat(
                  "grpc_server_handling_seconds_sum{grpc_method=\"Cancel\","
                  "grpc_service=\"",
                  kService, "\",grpc_type=\"unary\"} 0.25")));
}

}  // namespace
}  // namespace stagecoach
