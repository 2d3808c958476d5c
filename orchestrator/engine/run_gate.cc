#include "orchestrator/engine/run_gate.h"

namespace stagecoach {

RunGate::Rank RunGate::RankOf(const v1::Run& run) {
  return {-run.priority(), run.create_time().seconds(),
          run.create_time().nanos(), run.id()};
}

void RunGate::AddStarted(const v1::Run& run) {
  pipelines_[run.pipeline_name()].started.insert(run.id());
}

std::vector<std::string> RunGate::Add(const v1::Run& run) {
  PipelineRuns& runs = pipelines_[run.pipeline_name()];
  const int limit = run.pipeline().max_concurrent_runs();
  if (limit == 0) {
    runs.started.insert(run.id());
    return {run.id()};
  }
  runs.waiting.emplace(RankOf(run), limit);
  return Admit(runs);
}

std::vector<std::string> RunGate::Remove(const v1::Run& run) {
  const auto found = pipelines_.find(run.pipeline_name());
  if (found == pipelines_.end()) return {};
  PipelineRuns& runs = found->second;
  runs.started.erase(run.id());
  runs.waiting.erase(RankOf(run));
  std::vector<std::string> admitted = Admit(runs);
  if (runs.started.empty() && runs.waiting.empty()) pipelines_.erase(found);
  return admitted;
}

std::vector<std::string> RunGate::Admit(PipelineRuns& runs) {
  std::vector<std::string> admitted;
  while (!runs.waiting.empty()) {
    const auto& [rank, limit] = *runs.waiting.begin();
    if (static_cast<int>(runs.started.size()) >= limit) break;
    admitted.push_back(std::get<std::string>(rank));
    runs.started.insert(admitted.back());
    runs.waiting.erase(runs.waiting.begin());
  }
  return admitted;
}

}  // namespace stagecoach
