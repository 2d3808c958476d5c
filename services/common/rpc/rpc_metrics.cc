#include "services/common/rpc/rpc_metrics.h"

#include <google/protobuf/descriptor.h>
#include <prometheus/labels.h>

#include "absl/strings/str_cat.h"
#include "services/common/base/metrics.h"

namespace stagecoach {
namespace {

constexpr int kCancelled = 1;
constexpr int kUnknown = 2;

constexpr const char* kCodeNames[MethodMetrics::kCodes] = {"OK",
                                                           "Canceled",
                                                           "Unknown",
                                                           "InvalidArgument",
                                                           "DeadlineExceeded",
                                                           "NotFound",
                                                           "AlreadyExists",
                                                           "PermissionDenied",
                                                           "ResourceExhausted",
                                                           "FailedPrecondition",
                                                           "Aborted",
                                                           "OutOfRange",
                                                           "Unimplemented",
                                                           "Internal",
                                                           "Unavailable",
                                                           "DataLoss",
                                                           "Unauthenticated"};

std::string MetricName(RpcSide side, absl::string_view what) {
  return absl::StrCat(
      side == RpcSide::kServer ? "grpc_server_" : "grpc_client_", what);
}

prometheus::Family<prometheus::Counter>& CounterFamily(
    prometheus::Registry& registry, const std::string& name,
    const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

std::string TypeName(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? "bidi_stream" : "client_stream";
  }
  return method.server_streaming() ? "server_stream" : "unary";
}

}  // namespace

RpcMetrics::RpcMetrics(RpcSide side, prometheus::Registry& registry,
                       Clock& clock)
    : clock_(clock),
      started_(CounterFamily(registry, MetricName(side, "started_total"),
                             "RPCs started.")),
      handled_(CounterFamily(registry, MetricName(side, "handled_total"),
                             "RPCs ended, by status code.")),
      seconds_(prometheus::BuildHistogram()
                   .Name(MetricName(side, "handling_seconds"))
                   .Help("From the start of an RPC to its end, in seconds.")
                   .Register(registry)),
      received_(CounterFamily(registry, MetricName(side, "msg_received_total"),
                              "Messages received.")),
      sent_(CounterFamily(registry, MetricName(side, "msg_sent_total"),
                          "Messages sent.")),
      other_(MakeMethod("other", "other", "other")) {}

void RpcMetrics::AddService(const std::string& full_name) {
  const google::protobuf::ServiceDescriptor* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
          full_name);
  if (service == nullptr) return;
  for (int i = 0; i < service->method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *service->method(i);
    by_path_.try_emplace(
        absl::StrCat("/", full_name, "/", method.name()),
        MakeMethod(TypeName(method), full_name, method.name()));
  }
}

const MethodMetrics& RpcMetrics::Find(absl::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? other_ : found->second;
}

MethodMetrics RpcMetrics::MakeMethod(const std::string& type,
                                     const std::string& service,
                                     const std::string& method) {
  const prometheus::Labels labels = {
      {"grpc_type", type}, {"grpc_service", service}, {"grpc_method", method}};
  MethodMetrics metrics;
  metrics.started = &started_.Add(labels);
  for (int code = 0; code < MethodMetrics::kCodes; ++code) {
    prometheus::Labels with_code = labels;
    with_code["grpc_code"] = kCodeNames[code];
    metrics.handled[code] = &handled_.Add(with_code);
  }
  metrics.seconds = &seconds_.Add(labels, CallSecondsBuckets());
  metrics.received = &received_.Add(labels);
  metrics.sent = &sent_.Add(labels);
  return metrics;
}

CallRecorder::CallRecorder(const RpcMetrics& metrics, absl::string_view path)
    : method_(metrics.Find(path)),
      clock_(metrics.clock()),
      start_(clock_.Elapsed()) {
  method_.started->Increment();
}

CallRecorder::~CallRecorder() {
  if (!handled_) Handled(kCancelled);
}

void CallRecorder::Handled(int code) {
  if (handled_) return;
  handled_ = true;
  if (code < 0 || code >= MethodMetrics::kCodes) code = kUnknown;
  method_.handled[code]->Increment();
  method_.seconds->Observe(absl::ToDoubleSeconds(clock_.Elapsed() - start_));
}

}  // namespace stagecoach
