// stagecoach.v1.Orchestrator over gRPC: turns calls into operations. No logic.

#ifndef ORCHESTRATOR_API_ORCHESTRATOR_SERVICE_H_
#define ORCHESTRATOR_API_ORCHESTRATOR_SERVICE_H_

#include <memory>
#include <string>

#include "orchestrator/api/operations.h"
#include "services/common/base/bounded_executor.h"
#include "services/common/base/logging.h"
#include "stagecoach/v1/orchestrator.grpc.pb.h"

namespace stagecoach {

// Threads:   gRPC's threads only hand over, except a run that can be planned at
//            once; the work is done on `executor`, but that on the content of
//            files on `transfers`, so that a volume that hangs holds up nobody
//            else.
// Ownership: what is handed in must outlive the server.
class OrchestratorService final : public v1::Orchestrator::CallbackService {
 public:
  OrchestratorService(Operations& operations, BoundedExecutor& executor,
                      BoundedExecutor& transfers)
      : operations_(operations), executor_(executor), transfers_(transfers) {}

  grpc::ServerUnaryReactor* CreateRun(grpc::CallbackServerContext* context,
                                      const v1::CreateRunRequest* request,
                                      v1::CreateRunResponse* response) override;
  grpc::ServerWriteReactor<v1::ExecuteRunResponse>* ExecuteRun(
      grpc::CallbackServerContext* context,
      const v1::ExecuteRunRequest* request) override;
  grpc::ServerUnaryReactor* GetRun(grpc::CallbackServerContext* context,
                                   const v1::GetRunRequest* request,
                                   v1::GetRunResponse* response) override;
  grpc::ServerUnaryReactor* ListRuns(grpc::CallbackServerContext* context,
                                     const v1::ListRunsRequest* request,
                                     v1::ListRunsResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchRunResponse>* WatchRun(
      grpc::CallbackServerContext* context,
      const v1::WatchRunRequest* request) override;
  grpc::ServerUnaryReactor* CancelRun(grpc::CallbackServerContext* context,
                                      const v1::CancelRunRequest* request,
                                      v1::CancelRunResponse* response) override;
  grpc::ServerUnaryReactor* PauseRun(grpc::CallbackServerContext* context,
                                     const v1::PauseRunRequest* request,
                                     v1::PauseRunResponse* response) override;
  grpc::ServerUnaryReactor* ResumeRun(grpc::CallbackServerContext* context,
                                      const v1::ResumeRunRequest* request,
                                      v1::ResumeRunResponse* response) override;
  grpc::ServerUnaryReactor* RetryRun(grpc::CallbackServerContext* context,
                                     const v1::RetryRunRequest* request,
                                     v1::RetryRunResponse* response) override;
  grpc::ServerUnaryReactor* ExplainRun(
      grpc::CallbackServerContext* context,
      const v1::ExplainRunRequest* request,
      v1::ExplainRunResponse* response) override;
  grpc::ServerUnaryReactor* DeleteRun(grpc::CallbackServerContext* context,
                                      const v1::DeleteRunRequest* request,
                                      v1::DeleteRunResponse* response) override;
  grpc::ServerUnaryReactor* ApplyPipeline(
      grpc::CallbackServerContext* context,
      const v1::ApplyPipelineRequest* request,
      v1::ApplyPipelineResponse* response) override;
  grpc::ServerUnaryReactor* GetPipeline(
      grpc::CallbackServerContext* context,
      const v1::GetPipelineRequest* request,
      v1::GetPipelineResponse* response) override;
  grpc::ServerUnaryReactor* ListPipelines(
      grpc::CallbackServerContext* context,
      const v1::ListPipelinesRequest* request,
      v1::ListPipelinesResponse* response) override;
  grpc::ServerUnaryReactor* ListStages(
      grpc::CallbackServerContext* context,
      const v1::ListStagesRequest* request,
      v1::ListStagesResponse* response) override;
  grpc::ServerUnaryReactor* ListArtifacts(
      grpc::CallbackServerContext* context,
      const v1::ListArtifactsRequest* request,
      v1::ListArtifactsResponse* response) override;
  grpc::ServerUnaryReactor* GetLineage(
      grpc::CallbackServerContext* context,
      const v1::GetLineageRequest* request,
      v1::GetLineageResponse* response) override;
  grpc::ServerUnaryReactor* CollectGarbage(
      grpc::CallbackServerContext* context,
      const v1::CollectGarbageRequest* request,
      v1::CollectGarbageResponse* response) override;
  grpc::ServerUnaryReactor* PinArtifact(
      grpc::CallbackServerContext* context,
      const v1::PinArtifactRequest* request,
      v1::PinArtifactResponse* response) override;
  grpc::ServerWriteReactor<v1::ReadArtifactResponse>* ReadArtifact(
      grpc::CallbackServerContext* context,
      const v1::ReadArtifactRequest* request) override;
  grpc::ServerReadReactor<v1::UploadArtifactRequest>* UploadArtifact(
      grpc::CallbackServerContext* context,
      v1::UploadArtifactResponse* response) override;
  grpc::ServerWriteReactor<v1::ReadLogResponse>* ReadLog(
      grpc::CallbackServerContext* context,
      const v1::ReadLogRequest* request) override;

 private:
  Operations& operations_;
  BoundedExecutor& executor_;
  BoundedExecutor& transfers_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_ORCHESTRATOR_SERVICE_H_
