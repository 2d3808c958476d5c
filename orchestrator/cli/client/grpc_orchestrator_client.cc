#include "orchestrator/cli/client/grpc_orchestrator_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/channel.h"
#include "orchestrator/cli/client/grpc_run_feed.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"
#include "stagecoach/v1/orchestrator.grpc.pb.h"

namespace stagecoach {
namespace {

using Stub = v1::Orchestrator::Stub;

class GrpcOrchestratorClient final : public OrchestratorClient {
 public:
  GrpcOrchestratorClient(AddressSource source, GrpcClientOptions options,
                         std::string address)
      : source_(std::move(source)), options_(options) {
    Connect(std::move(address));
  }

  std::string address() const override { return address_; }

  absl::StatusOr<v1::CreateRunResponse> CreateRun(
      const v1::CreateRunRequest& request) override {
    return Call(&Stub::CreateRun, request);
  }
  absl::StatusOr<v1::GetRunResponse> GetRun(
      const v1::GetRunRequest& request) override {
    return Call(&Stub::GetRun, request);
  }
  absl::StatusOr<v1::ListRunsResponse> ListRuns(
      const v1::ListRunsRequest& request) override {
    return Call(&Stub::ListRuns, request);
  }
  absl::StatusOr<v1::CancelRunResponse> CancelRun(
      const v1::CancelRunRequest& request) override {
    return Call(&Stub::CancelRun, request);
  }
  absl::StatusOr<v1::PauseRunResponse> PauseRun(
      const v1::PauseRunRequest& request) override {
    return Call(&Stub::PauseRun, request);
  }
  absl::StatusOr<v1::ResumeRunResponse> ResumeRun(
      const v1::ResumeRunRequest& request) override {
    return Call(&Stub::ResumeRun, request);
  }
  absl::StatusOr<v1::ExplainRunResponse> ExplainRun(
      const v1::ExplainRunRequest& request) override {
    return Call(&Stub::ExplainRun, request);
  }
  absl::StatusOr<v1::RetryRunResponse> RetryRun(
      const v1::RetryRunRequest& request) override {
    return Call(&Stub::RetryRun, request);
  }
  absl::StatusOr<v1::DeleteRunResponse> DeleteRun(
      const v1::DeleteRunRequest& request) override {
    return Call(&Stub::DeleteRun, request);
  }
  absl::StatusOr<v1::CollectGarbageResponse> CollectGarbage(
      const v1::CollectGarbageRequest& request) override {
    return Call(&Stub::CollectGarbage, request);
  }
  absl::StatusOr<v1::PinArtifactResponse> PinArtifact(
      const v1::PinArtifactRequest& request) override {
    return Call(&Stub::PinArtifact, request);
  }
  absl::StatusOr<v1::GetLineageResponse> GetLineage(
      const v1::GetLineageRequest& request) override {
    return Call(&Stub::GetLineage, request);
  }
  absl::StatusOr<v1::ApplyPipelineResponse> ApplyPipeline(
      const v1::ApplyPipelineRequest& request) override {
    return Call(&Stub::ApplyPipeline, request);
  }
  absl::StatusOr<v1::GetPipelineResponse> GetPipeline(
      const v1::GetPipelineRequest& request) override {
    return Call(&Stub::GetPipeline, request);
  }
  absl::StatusOr<v1::ListPipelinesResponse> ListPipelines(
      const v1::ListPipelinesRequest& request) override {
    return Call(&Stub::ListPipelines, request);
  }
  absl::StatusOr<v1::ListStagesResponse> ListStages(
      const v1::ListStagesRequest& request) override {
    return Call(&Stub::ListStages, request);
  }
  absl::StatusOr<v1::ListArtifactsResponse> ListArtifacts(
      const v1::ListArtifactsRequest& request) override {
    return Call(&Stub::ListArtifacts, request);
  }

  std::unique_ptr<RunFeed> ExecuteRun(
      const v1::ExecuteRunRequest& request) override {
    return Feed<v1::ExecuteRunResponse>(&Stub::AsyncExecuteRun, request);
  }
  std::unique_ptr<RunFeed> WatchRun(
      const v1::WatchRunRequest& request) override {
    return Feed<v1::WatchRunResponse>(&Stub::AsyncWatchRun, request);
  }

  absl::Status ReadArtifact(
      const v1::ReadArtifactRequest& request,
      absl::FunctionRef<absl::Status(const v1::ReadArtifactResponse&)> take)
      override {
    return ReadStream(&Stub::ReadArtifact, request, take);
  }
  absl::Status ReadLog(
      const v1::ReadLogRequest& request,
      absl::FunctionRef<absl::Status(const v1::ReadLogResponse&)> take)
      override {
    return ReadStream(&Stub::ReadLog, request, take);
  }

  absl::StatusOr<v1::UploadArtifactResponse> UploadArtifact(
      const v1::UploadHeader& header,
      absl::FunctionRef<absl::StatusOr<std::string>()> next) override {
    Refresh();
    grpc::ClientContext context;
    SetDeadline(context, options_.stream_timeout);
    v1::UploadArtifactResponse response;
    const std::unique_ptr<grpc::ClientWriter<v1::UploadArtifactRequest>>
        writer = stub_->UploadArtifact(&context, &response);
    v1::UploadArtifactRequest request;
    *request.mutable_header() = header;
    // A write that fails means that the call has ended, which Finish explains.
    while (writer->Write(request)) {
      absl::StatusOr<std::string> bytes = next();
      if (!bytes.ok()) {
        context.TryCancel();
        static_cast<void>(writer->Finish());
        return bytes.status();
      }
      if (bytes->empty()) break;
      request.set_data(*std::move(bytes));
    }
    writer->WritesDone();
    SC_RETURN_IF_ERROR(Explain(writer->Finish()));
    return response;
  }

 private:
  void Connect(std::string address) {
    address_ = std::move(address);
    ChannelOptions options;
    options.own_connection = true;
    channel_ = MakeChannel(address_, options);
    stub_ = v1::Orchestrator::NewStub(channel_);
  }

  // After a failure the orchestrator may be back, perhaps elsewhere. A new
  // channel tries at once; the old one would sit out its pause, in which
  // nobody polls it.
  void Refresh() {
    if (!failed_) return;
    Connect(source_().value_or(address_));
  }

  static void SetDeadline(grpc::ClientContext& context,
                          absl::Duration timeout) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request) {
    Refresh();
    grpc::ClientContext context;
    SetDeadline(context, options_.call_timeout);
    Response response;
    SC_RETURN_IF_ERROR(
        Explain((stub_.get()->*method)(&context, request, &response)));
    return response;
  }

  template <typename Request, typename Response>
  absl::Status ReadStream(
      std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(
          grpc::ClientContext*, const Request&),
      const Request& request,
      absl::FunctionRef<absl::Status(const Response&)> take) {
    Refresh();
    grpc::ClientContext context;
    SetDeadline(context, options_.stream_timeout);
    const std::unique_ptr<grpc::ClientReader<Response>> reader =
        (stub_.get()->*method)(&context, request);
    Response response;
    absl::Status taken;
    while (taken.ok() && reader->Read(&response)) taken = take(response);
    if (!taken.ok()) context.TryCancel();
    const absl::Status ended = Explain(reader->Finish());
    return taken.ok() ? ended : taken;
  }

  template <typename Response, typename Request>
  std::unique_ptr<RunFeed> Feed(
      std::unique_ptr<grpc::ClientAsyncReader<Response>> (Stub::*method)(
          grpc::ClientContext*, const Request&, grpc::CompletionQueue*, void*),
      const Request& request) {
    Refresh();
    return std::make_unique<GrpcRunFeed<Response>>(
        options_.stream_timeout,
        [&](grpc::ClientContext* context, grpc::CompletionQueue* queue,
            void* tag) {
          return (stub_.get()->*method)(context, request, queue, tag);
        },
        [this](const grpc::Status& status) { return Explain(status); });
  }

  // A server that says UNAVAILABLE does so over a connection; without one the
  // orchestrator itself is not there.
  absl::Status Explain(const grpc::Status& status) {
    const bool maybe_gone =
        status.error_code() == grpc::StatusCode::UNAVAILABLE ||
        status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
    failed_ = maybe_gone;
    if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
      return absl::UnimplementedError(absl::StrCat(
          "the orchestrator at ", address_,
          " does not offer this call; it is older than this program"));
    }
    if (!maybe_gone ||
        channel_->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY) {
      return FromGrpcStatus(status);
    }
    return NotReachable(
        absl::StrCat("the orchestrator at ", address_, " is not reachable"));
  }

  const AddressSource source_;
  const GrpcClientOptions options_;
  std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Stub> stub_;
  bool failed_ = false;
};

}  // namespace

FeedItem ToFeedItem(v1::ExecuteRunResponse response) {
  switch (response.report_case()) {
    case v1::ExecuteRunResponse::kCreated:
      return FeedCreated{std::move(*response.mutable_created())};
    case v1::ExecuteRunResponse::kEvent:
      return std::move(*response.mutable_event());
    case v1::ExecuteRunResponse::kEnded:
      return FeedEnded{std::move(*response.mutable_ended())};
    case v1::ExecuteRunResponse::REPORT_NOT_SET:
      return FeedIdle{};
  }
  return FeedIdle{};
}

FeedItem ToFeedItem(v1::WatchRunResponse response) {
  return std::move(*response.mutable_event());
}

absl::StatusOr<std::unique_ptr<OrchestratorClient>> MakeGrpcOrchestratorClient(
    AddressSource source, const GrpcClientOptions& options) {
  SC_ASSIGN_OR_RETURN(std::string address, source());
  return std::make_unique<GrpcOrchestratorClient>(std::move(source), options,
                                                  std::move(address));
}

}  // namespace stagecoach
