#include "services/common/stagekit/conformance_session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"

namespace stagecoach {

ConformanceCall::ConformanceCall(v1::StageService::Stub& stub,
                                 const v1::ExecuteRequest& request,
                                 absl::Duration timeout) {
  context_.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  reader_ = stub.Execute(&context_, request);
  thread_ = std::thread([this] {
    end_ = ReadToTheEnd();
    ended_.Notify();
  });
}

ConformanceCall::~ConformanceCall() { thread_.join(); }

const absl::StatusOr<v1::ExecutionResult>& ConformanceCall::Finish() const {
  ended_.WaitForNotification();
  return end_;
}

absl::StatusOr<v1::ExecutionResult> ConformanceCall::ReadToTheEnd() {
  v1::ExecuteResponse response;
  v1::ExecutionResult result;
  bool ended = false;
  absl::Status broken;
  while (reader_->Read(&response)) {
    if (ended) broken = absl::InternalError("a message follows the result");
    if (!response.has_result()) continue;
    result = response.result();
    ended = true;
  }
  SC_RETURN_IF_ERROR(FromGrpcStatus(reader_->Finish(), context_));
  SC_RETURN_IF_ERROR(broken);
  if (ended) return result;
  return absl::InternalError("the stream ended OK without a result");
}

ConformanceSession::ConformanceSession(const ConformanceOptions& options)
    : options_(options),
      channel_(MakeChannel(options.address)),
      stub_(v1::StageService::NewStub(channel_)),
      run_prefix_(absl::StrCat("conformance-", RandomId(8))) {}

void ConformanceSession::SetDeadline(grpc::ClientContext& context) const {
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.timeout));
}

absl::StatusOr<v1::StageDescription> ConformanceSession::Describe() {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::DescribeResponse response;
  SC_RETURN_IF_ERROR(FromGrpcStatus(
      stub_->Describe(&context, v1::DescribeRequest(), &response), context));
  description_ = response.stage();
  return response.stage();
}

absl::Status ConformanceSession::CheckHealth() {
  grpc::ClientContext context;
  SetDeadline(context);
  grpc::health::v1::HealthCheckResponse response;
  SC_RETURN_IF_ERROR(FromGrpcStatus(
      grpc::health::v1::Health::NewStub(channel_)->Check(
          &context, grpc::health::v1::HealthCheckRequest(), &response),
      context));
  if (response.status() ==
      grpc::health::v1::HealthCheckResponse_ServingStatus_SERVING) {
    return absl::OkStatus();
  }
  return absl::UnavailableError("grpc.health.v1 does not say SERVING");
}

bool ConformanceSession::has_long_example() const {
  return !options_.long_example.parameters().empty() ||
         !options_.long_example.inputs().empty();
}

v1::ExecuteRequest ConformanceSession::NewLongRequest() {
  return has_long_example() ? Fill(options_.long_example) : NewRequest();
}

v1::ExecuteRequest ConformanceSession::Fill(v1::ExecuteRequest request) {
  const std::string run = absl::StrCat(run_prefix_, "-", ++runs_);
  request.set_execution_id(absl::StrCat(run, "/step/1"));
  request.set_output_prefix(
      absl::StrCat(options_.output_prefix, "/", run, "/step/1"));
  request.set_checkpoint_prefix(
      absl::StrCat(options_.output_prefix, "/", run, "/step/checkpoint"));
  return request;
}

std::unique_ptr<ConformanceCall> ConformanceSession::Begin(
    const v1::ExecuteRequest& request) {
  return std::make_unique<ConformanceCall>(*stub_, request, options_.timeout);
}

absl::Status ConformanceSession::Cancel(const std::string& execution_id,
                                        int64_t lease_epoch) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::CancelRequest request;
  request.set_execution_id(execution_id);
  request.set_lease_epoch(lease_epoch);
  v1::CancelResponse response;
  return FromGrpcStatus(stub_->Cancel(&context, request, &response), context);
}

}  // namespace stagecoach
