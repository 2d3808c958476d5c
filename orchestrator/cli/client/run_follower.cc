#include "orchestrator/cli/client/run_follower.h"

#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/run_view.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

// A stream that is still open after this long has reached a server, even if
// the run has nothing to say.
constexpr absl::Duration kCountsAsConnected = absl::Seconds(2);

// Whether the run may well go on although the stream broke. CANCELLED is how
// a server that stops ends its streams: nothing here cancels one it reads.
bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsAborted(status) || absl::IsCancelled(status);
}

}  // namespace

RunFollower::RunFollower(OrchestratorClient& client, RunObserver& observer,
                         Interrupt& interrupt, const Clock& clock,
                         const FollowOptions& options)
    : client_(client),
      observer_(observer),
      interrupt_(interrupt),
      clock_(clock),
      options_(options),
      backoff_(options.backoff) {}

absl::StatusOr<Followed> RunFollower::Execute(
    const v1::ExecuteRunRequest& request) {
  SC_RETURN_IF_ERROR(Create(request));
  if (outcome_.has_value()) return *std::move(outcome_);
  return Follow();
}

absl::Status RunFollower::Create(const v1::ExecuteRunRequest& request) {
  while (true) {
    absl::Status end = Drain(*client_.ExecuteRun(request));
    if (outcome_.has_value()) return absl::OkStatus();
    const bool created = !run_.id().empty();
    if (end.ok() && created) return absl::OkStatus();
    if (end.ok()) return absl::InternalError("the stream was empty");
    // A server that is there and refuses the run says so over its connection.
    if (created ? !IsTransient(end) : !IsNotReachable(end)) return end;
    SC_RETURN_IF_ERROR(WaitToReconnect(
        end, created ? RunMayGoOn()
                     : absl::StrCat("a run with idempotency key '",
                                    request.run().idempotency_key(),
                                    "' may have been created")));
    if (created) return absl::OkStatus();
    if (interrupt_.requested()) {
      outcome_ = Followed{run_, /*interrupted=*/true};
      return absl::OkStatus();
    }
  }
}

absl::StatusOr<Followed> RunFollower::Watch(const std::string& run_id) {
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  SC_ASSIGN_OR_RETURN(v1::GetRunResponse response, client_.GetRun(request));
  if (IsTerminal(response.run().state()) && !options_.replay_ended) {
    return Followed{std::move(*response.mutable_run())};
  }
  Take(FeedCreated{AtCreation(std::move(*response.mutable_run()))});
  return Follow();
}

absl::StatusOr<Followed> RunFollower::Follow() {
  while (!outcome_.has_value()) {
    if (interrupt_.requested()) return Followed{run_, /*interrupted=*/true};
    v1::WatchRunRequest request;
    request.set_run_id(run_.id());
    request.set_after_cursor(cursor_);
    const std::unique_ptr<RunFeed> feed = client_.WatchRun(request);
    absl::Status end = Drain(*feed);
    if (outcome_.has_value()) break;
    if (end.ok()) end = FetchEnd();
    if (end.ok()) break;
    if (!IsTransient(end)) return end;
    SC_RETURN_IF_ERROR(WaitToReconnect(end, RunMayGoOn()));
  }
  return *std::move(outcome_);
}

absl::Status RunFollower::Drain(RunFeed& feed) {
  const absl::Duration opened = clock_.Elapsed();
  while (true) {
    if (interrupt_.requested()) {
      outcome_ = Followed{run_, /*interrupted=*/true};
      return absl::OkStatus();
    }
    FeedItem item = feed.Next(options_.tick);
    if (const auto* end = std::get_if<absl::Status>(&item)) return *end;
    const bool idle = std::holds_alternative<FeedIdle>(item);
    if (!idle || clock_.Elapsed() - opened >= kCountsAsConnected) Connected();
    Take(std::move(item));
    if (outcome_.has_value()) return absl::OkStatus();
  }
}

void RunFollower::Take(FeedItem item) {
  if (auto* created = std::get_if<FeedCreated>(&item)) {
    run_ = std::move(created->run);
    observer_.OnCreated(run_);
  } else if (const auto* event = std::get_if<v1::RunEvent>(&item)) {
    TakeEvent(*event);
  } else if (auto* ended = std::get_if<FeedEnded>(&item)) {
    outcome_ = Followed{std::move(ended->run)};
  } else {
    observer_.OnTick();
  }
}

void RunFollower::TakeEvent(const v1::RunEvent& event) {
  if (event.cursor() > 0) {
    if (event.cursor() <= cursor_) return;
    cursor_ = event.cursor();
  }
  ApplyEvent(event, run_);
  observer_.OnEvent(event);
}

void RunFollower::Connected() {
  if (!lost_at_.has_value()) return;
  lost_at_.reset();
  backoff_.Reset();
  observer_.OnConnection(absl::OkStatus(), absl::ZeroDuration());
}

absl::Status RunFollower::FetchEnd() {
  v1::GetRunRequest request;
  request.set_run_id(run_.id());
  SC_ASSIGN_OR_RETURN(v1::GetRunResponse response, client_.GetRun(request));
  if (!IsTerminal(response.run().state())) {
    return absl::UnavailableError("the stream of events ended early");
  }
  outcome_ = Followed{std::move(*response.mutable_run())};
  return absl::OkStatus();
}

std::string RunFollower::RunMayGoOn() const {
  return absl::StrCat("run ", run_.id(), " may still go on");
}

absl::Status RunFollower::WaitToReconnect(const absl::Status& why,
                                          absl::string_view what) {
  const absl::Duration now = clock_.Elapsed();
  if (!lost_at_.has_value()) lost_at_ = now;
  const absl::Duration lost_for = now - *lost_at_;
  if (lost_for >= options_.reconnect_limit) {
    return WithContext(why, what, ", but for ", DurationText(lost_for),
                       " nothing was heard of it");
  }
  observer_.OnConnection(why, lost_for);
  interrupt_.Sleep(backoff_.Next());
  return absl::OkStatus();
}

}  // namespace stagecoach
