// Operations on the logs of attempts.

#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/api/operations.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/attempt_log.h"

namespace stagecoach {
namespace {

absl::StatusOr<v1::Step> FindStep(const v1::Run& run, absl::string_view name) {
  std::vector<std::string> names;
  for (const v1::Step& step : run.steps()) {
    if (step.name() == name) return step;
    names.push_back(step.name());
  }
  return absl::NotFoundError(absl::StrCat("run ", run.id(), " has no step '",
                                          name, "'",
                                          NearestNameHint(name, names)));
}

// The number of the attempt that is asked for; 0 asks for the newest.
absl::StatusOr<int> FindAttempt(const v1::Run& run, const v1::Step& step,
                                int wanted) {
  if (wanted < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "attempt is ", wanted, "; it must be at least 1, or 0 for the newest"));
  }
  const std::string name = absl::StrCat(run.id(), "/", step.name());
  if (!step.reused_from_run().empty()) {
    return absl::NotFoundError(
        absl::StrCat(name, " was not done but taken over from run ",
                     step.reused_from_run(), "; its log is there"));
  }
  if (step.attempts_size() == 0) {
    return absl::NotFoundError(absl::StrCat(name, " has no attempt"));
  }
  if (wanted > step.attempts_size()) {
    return absl::NotFoundError(absl::StrCat(name, " has no attempt ", wanted,
                                            "; the newest is ",
                                            step.attempts_size()));
  }
  return wanted == 0 ? step.attempts_size() : wanted;
}

}  // namespace

absl::StatusOr<std::string> Operations::ReadLog(
    const v1::ReadLogRequest& request) {
  SC_ASSIGN_OR_RETURN(const v1::Run run, store_.GetRun(request.run_id()));
  SC_ASSIGN_OR_RETURN(const v1::Step step, FindStep(run, request.step()));
  SC_ASSIGN_OR_RETURN(const int attempt,
                      FindAttempt(run, step, request.attempt()));
  SC_RETURN_IF_ERROR(CheckVolume(run.volume()));
  const std::string uri =
      AttemptLogUri(run.volume(), {run.id(), step.name(), attempt});
  std::string log;
  for (int part = 0; part < kMaxLogParts; ++part) {
    v1::Artifact file;
    file.set_uri(LogPartUri(uri, part));
    const absl::StatusOr<ArtifactReader> reader = artifacts_.Open(file);
    if (absl::IsNotFound(reader.status()) && part > 0) break;
    if (absl::IsNotFound(reader.status())) {
      return absl::NotFoundError(absl::StrCat(
          run.id(), "/", step.name(), "/", attempt,
          " has written no log (yet); a running attempt writes its first "
          "records after a second"));
    }
    SC_RETURN_IF_ERROR(reader.status());
    absl::StrAppend(&log, reader->bytes());
  }
  return log;
}

}  // namespace stagecoach
