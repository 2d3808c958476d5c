// The calls with one response.

#include <utility>

#include "orchestrator/api/orchestrator_service.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/call_metadata.h"
#include "services/common/rpc/unary_work.h"

namespace stagecoach {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// Puts the run of an answer into `response` and ends the call.
template <typename Response>
Engine::RunCallback AnswerWithRun(Response* response, const UnaryDone& done) {
  return [response, done](absl::StatusOr<const v1::Run*> run) {
    if (run.ok()) *response->mutable_run() = **run;
    done(run.status());
  };
}

}  // namespace

ServerUnaryReactor* OrchestratorService::CreateRun(
    CallbackServerContext* context, const v1::CreateRunRequest* request,
    v1::CreateRunResponse* response) {
  return RunUnaryAsync(
      *context, executor_,
      [this, request, response,
       trace_parent = TraceParentOf(*context)](const UnaryDone& done) {
        const Engine::RunCallback answer = AnswerWithRun(response, done);
        if (request->validate_only()) {
          operations_.ValidateRun(request->run(), answer);
        } else {
          operations_.CreateRun(request->run(), trace_parent, answer);
        }
      });
}

ServerUnaryReactor* OrchestratorService::GetRun(
    CallbackServerContext* context, const v1::GetRunRequest* request,
    v1::GetRunResponse* response) {
  return RunUnary(*context, executor_, [this, request, response] {
    SC_ASSIGN_OR_RETURN(*response->mutable_run(),
                        operations_.GetRun(request->run_id()));
    return absl::OkStatus();
  });
}

ServerUnaryReactor* OrchestratorService::ListRuns(
    CallbackServerContext* context, const v1::ListRunsRequest* request,
    v1::ListRunsResponse* response) {
  return RunUnary(*context, executor_, [this, request, response] {
    SC_ASSIGN_OR_RETURN(RunPage page, operations_.ListRuns(*request));
    response->mutable_runs()->Assign(std::make_move_iterator(page.runs.begin()),
                                     std::make_move_iterator(page.runs.end()));
    response->set_next_page_token(std::move(page.next_page_token));
    return absl::OkStatus();
  });
}

ServerUnaryReactor* OrchestratorService::CancelRun(
    CallbackServerContext* context, const v1::CancelRunRequest* request,
    v1::CancelRunResponse* response) {
  return RunUnaryAsync(
      *context, executor_, [this, request, response](const UnaryDone& done) {
        operations_.CancelRun(*request, AnswerWithRun(response, done));
      });
}

ServerUnaryReactor* OrchestratorService::PauseRun(
    CallbackServerContext* context, const v1::PauseRunRequest* request,
    v1::PauseRunResponse* response) {
  return RunUnaryAsync(
      *context, executor_, [this, request, response](const UnaryDone& done) {
        operations_.PauseRun(request->run_id(), AnswerWithRun(response, done));
      });
}

ServerUnaryReactor* OrchestratorService::ResumeRun(
    CallbackServerContext* context, const v1::ResumeRunRequest* request,
    v1::ResumeRunResponse* response) {
  return RunUnaryAsync(
      *context, executor_, [this, request, response](const UnaryDone& done) {
        operations_.ResumeRun(request->run_id(), AnswerWithRun(response, done));
      });
}

ServerUnaryReactor* OrchestratorService::RetryRun(
    CallbackServerContext* context, const v1::RetryRunRequest* request,
    v1::RetryRunResponse* response) {
  return RunUnaryAsync(
      *context, executor_,
      [this, request, response,
       trace_parent = TraceParentOf(*context)](const UnaryDone& done) {
        operations_.RetryRun(*request, trace_parent,
                             AnswerWithRun(response, done));
      });
}

ServerUnaryReactor* OrchestratorService::ExplainRun(
    CallbackServerContext* context, const v1::ExplainRunRequest* request,
    v1::ExplainRunResponse* response) {
  return RunUnary(*context, executor_, [this, request, response] {
    SC_ASSIGN_OR_RETURN(const std::vector<v1::StepExplanation> steps,
                        operations_.ExplainRun(request->run_id()));
    response->mutable_steps()->Assign(steps.begin(), steps.end());
    return absl::OkStatus();
  });
}

ServerUnaryReactor* OrchestratorService::DeleteRun(
    CallbackServerContext* context, const v1::DeleteRunRequest* request,
    v1::DeleteRunResponse* /*response*/) {
  return RunUnaryAsync(*context, executor_,
                       [this, request](const UnaryDone& done) {
                         operations_.DeleteRun(request->run_id(), done);
                       });
}

ServerUnaryReactor* OrchestratorService::ApplyPipeline(
    CallbackServerContext* context, const v1::ApplyPipelineRequest* request,
    v1::ApplyPipelineResponse* response) {
  return RunUnary(*context, executor_, [this, request, response] {
    SC_ASSIGN_OR_RETURN(*response, operations_.ApplyPipeline(*request));
    return absl::OkStatus();
  });
}

ServerUnaryReactor* OrchestratorService::GetPipeline(
    CallbackServerContext* context, const v1::GetPipelineRequest* request,
    v1::GetPipelineResponse* response) {
  return RunUnary(*context, executor_, [this, request, response] {
    SC_ASSIGN_OR_RETURN(
        StoredPipeline stored,
        operations_.GetPipeline(request->name(), request->version()));
    *response->mutable_pipeline() = std::move(stored.pipeline);
    response->set_yaml(std::move(stored.yaml));
    return absl::OkStatus();
  });
}

ServerUnaryReactor* OrchestratorService::ListPipelines(
    CallbackServerContext* context, const v1::ListPipelinesRequest*,
    v1::ListPipelinesResponse* response) {
  return RunUnary(*context, executor_, [this, response] {
    SC_ASSIGN_OR_RETURN(const std::vector<v1::Pipeline> pipelines,
                        operations_.ListPipelines());
    response->mutable_pipelines()->Assign(pipelines.begin(), pipelines.end());
    return absl::OkStatus();
  });
}

ServerUnaryReactor* OrchestratorService::ListStages(
    CallbackServerContext* context, const v1::ListStagesRequest*,
    v1::ListStagesResponse* response) {
  return RunUnary(*context, executor_, [this, response] {
    const std::vector<v1::StageStatus> stages = operations_.ListStages();
    response->mutable_stages()->Assign(stages.begin(), stages.end());
    return absl::OkStatus();
  });
}

ServerUnaryReactor* OrchestratorService::ListArtifacts(
    CallbackServerContext* context, const v1::ListArtifactsRequest* request,
    v1::ListArtifactsResponse* response) {
  return RunUnary(*context, executor_, [this, request, response] {
    SC_ASSIGN_OR_RETURN(const std::vector<v1::RecordedArtifact> artifacts,
                        operations_.ListArtifacts(*request));
    response->mutable_artifacts()->Assign(artifacts.begin(), artifacts.end());
    return absl::OkStatus();
  });
}

ServerUnaryReactor* OrchestratorService::GetLineage(
    CallbackServerContext* context, const v1::GetLineageRequest* request,
    v1::GetLineageResponse* response) {
  return RunUnary(*context, executor_, [this, request, response] {
    SC_ASSIGN_OR_RETURN(*response, operations_.GetLineage(request->uri()));
    return absl::OkStatus();
  });
}

ServerUnaryReactor* OrchestratorService::CollectGarbage(
    CallbackServerContext* context, const v1::CollectGarbageRequest* request,
    v1::CollectGarbageResponse* response) {
  return RunUnaryAsync(
      *context, executor_, [this, request, response](const UnaryDone& done) {
        operations_.CollectGarbage(
            *request,
            [response,
             done](absl::StatusOr<v1::CollectGarbageResponse> collected) {
              const absl::Status status = collected.status();
              if (status.ok()) *response = *std::move(collected);
              done(status);
            });
      });
}

ServerUnaryReactor* OrchestratorService::PinArtifact(
    CallbackServerContext* context, const v1::PinArtifactRequest* request,
    v1::PinArtifactResponse* /*response*/) {
  return RunUnary(*context, executor_, [this, request] {
    return operations_.PinArtifact(*request);
  });
}

}  // namespace stagecoach
