#include "orchestrator/cli/verbs/completion_names.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/run_words.h"
#include "services/common/contract/parameters.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr absl::Duration kPatience = absl::Milliseconds(500);
constexpr int kMostRuns = 50;

using Candidates = std::vector<Candidate>;

Candidates Pipelines(OrchestratorClient& client) {
  Candidates candidates;
  const auto list = client.ListPipelines(v1::ListPipelinesRequest());
  if (!list.ok()) return candidates;
  for (const v1::Pipeline& pipeline : list->pipelines()) {
    const std::string& text = pipeline.documentation();
    candidates.push_back({pipeline.name(), text.substr(0, text.find('\n'))});
  }
  return candidates;
}

Candidates Runs(OrchestratorClient& client, absl::Time now) {
  Candidates candidates;
  v1::ListRunsRequest request;
  request.set_page_size(kMostRuns);
  const auto list = client.ListRuns(request);
  if (!list.ok()) return candidates;
  for (const v1::Run& run : list->runs()) {
    candidates.push_back(
        {run.id(),
         absl::StrCat(StateWord(run.state()), " ",
                      AgeText(now - FromTimestamp(run.create_time())))});
  }
  return candidates;
}

Candidates Stages(OrchestratorClient& client) {
  Candidates candidates;
  const auto list = client.ListStages(v1::ListStagesRequest());
  if (!list.ok()) return candidates;
  for (const v1::StageStatus& stage : list->stages()) {
    candidates.push_back({stage.name(), stage.description().documentation()});
  }
  return candidates;
}

Candidates Steps(OrchestratorClient& client, const std::string& run_id) {
  Candidates candidates;
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  const auto response = client.GetRun(request);
  if (!response.ok()) return candidates;
  for (const v1::Step& step : response->run().steps()) {
    candidates.push_back({step.name(), StateWord(step.state())});
  }
  return candidates;
}

Candidates Artifacts(OrchestratorClient& client, const std::string& run_id) {
  Candidates candidates;
  v1::ListArtifactsRequest request;
  request.set_run_id(run_id);
  const auto list = client.ListArtifacts(request);
  if (!list.ok()) return candidates;
  for (const v1::RecordedArtifact& recorded : list->artifacts()) {
    candidates.push_back({recorded.artifact().name(),
                          absl::StrCat(recorded.step(), ", ",
                                       ArtifactKindText(recorded.artifact()))});
  }
  return candidates;
}

// Parameters or inputs of a pipeline, each with the `=` that follows it.
Candidates OfPipeline(OrchestratorClient& client, NameKind kind,
                      const std::string& pipeline) {
  Candidates candidates;
  v1::GetPipelineRequest request;
  request.set_name(pipeline);
  const auto response = client.GetPipeline(request);
  if (!response.ok()) return candidates;
  if (kind == NameKind::kSetting) {
    for (const v1::ParameterSpec& spec : response->pipeline().parameters()) {
      candidates.push_back(
          {absl::StrCat(spec.name(), "="), DescribeAllowed(spec)});
    }
  } else {
    for (const v1::PipelineInput& input : response->pipeline().inputs()) {
      candidates.push_back(
          {absl::StrCat(input.name(), "="), input.documentation()});
    }
  }
  return candidates;
}

}  // namespace

std::vector<Candidate> CompletionNames(Context& context, NameKind kind,
                                       const std::string& owner) {
  context.options.timeout = kPatience;
  const absl::StatusOr<std::shared_ptr<OrchestratorClient>> client =
      context.connect(context);
  if (!client.ok()) return {};
  switch (kind) {
    case NameKind::kPipeline:
      return Pipelines(**client);
    case NameKind::kRun:
      return Runs(**client, context.clock.Now());
    case NameKind::kStage:
      return Stages(**client);
    case NameKind::kStep:
      return Steps(**client, owner);
    case NameKind::kArtifact:
      return Artifacts(**client, owner);
    case NameKind::kSetting:
    case NameKind::kInput:
      return OfPipeline(**client, kind, owner);
  }
  return {};
}

}  // namespace stagecoach
