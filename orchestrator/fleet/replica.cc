#include "orchestrator/fleet/replica.h"

#include <utility>

#include "orchestrator/fleet/replica_channel.h"
#include "services/common/rpc/client_stream_call.h"
#include "services/common/rpc/client_unary_call.h"

namespace stagecoach {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

Replica::Replica(std::string address, std::string stage, ReplicaOptions options,
                 TimerQueue& timers, std::shared_ptr<CallGate> gate,
                 std::function<void()> on_change)
    : address_(std::move(address)),
      stage_(std::move(stage)),
      options_(std::move(options)),
      timers_(timers),
      gate_(std::move(gate)),
      on_change_(std::move(on_change)),
      channel_(std::make_shared<ReplicaChannel>(address_, options_.channel)),
      backoff_(options_.reconnect) {}

void Replica::Start() {
  constexpr ConnectionId kFirst = 1;
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    connection_ = kFirst;
  }
  StartWatch(kFirst);
}

void Replica::Stop() {
  Canceller cancel_watch;
  Canceller cancel_describe;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    timers_.Cancel(timer_);
    cancel_watch.swap(cancel_watch_);
    cancel_describe.swap(cancel_describe_);
  }
  if (cancel_watch) cancel_watch();
  if (cancel_describe) cancel_describe();
}

std::shared_ptr<ReplicaChannel> Replica::channel() const {
  absl::MutexLock lock(&mutex_);
  return channel_;
}

ReplicaCondition Replica::condition() const {
  ReplicaFacts facts;
  {
    absl::MutexLock lock(&mutex_);
    facts = facts_;
  }
  return Judge(facts, stage_);
}

void Replica::Connect() {
  auto fresh = std::make_shared<ReplicaChannel>(address_, options_.channel);
  ConnectionId id = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    id = ++connection_;
    channel_.swap(fresh);  // the old one is let go of without the lock
  }
  StartWatch(id);
}

void Replica::StartWatch(ConnectionId id) {
  Held held{gate_->Enter(), shared_from_this()};
  if (!held.pass) return;
  const HealthCheckRequest request;  // the server as a whole
  const std::shared_ptr<ReplicaChannel> over = channel();
  auto call = ClientStreamCall<HealthCheckResponse>::Start(
      options_.watch_timeout,
      [&](auto* context, auto* reactor) {
        over->health().async()->Watch(context, &request, reactor);
      },
      [self = this, id](const HealthCheckResponse& response) {
        self->OnHealth(id, response.status() == HealthCheckResponse::SERVING);
      },
      [held = std::move(held), id](absl::Status end) {
        held.self->OnWatchEnded(id, std::move(end));
      });
  Hold(id, &Replica::cancel_watch_, [call] { call->Cancel(); });
}

void Replica::StartDescribe(ConnectionId id) {
  Held held{gate_->Enter(), shared_from_this()};
  if (!held.pass) return;
  const v1::DescribeRequest request;
  const std::shared_ptr<ReplicaChannel> over = channel();
  Canceller cancel = CallUnary<v1::DescribeResponse>(
      options_.describe_timeout,
      [&](auto* context, auto* response, auto done) {
        over->stage().async()->Describe(context, &request, response,
                                        std::move(done));
      },
      [held = std::move(held),
       id](absl::StatusOr<v1::DescribeResponse> answer) {
        held.self->OnDescribed(id, std::move(answer));
      });
  Hold(id, &Replica::cancel_describe_, std::move(cancel));
}

void Replica::OnHealth(ConnectionId id, bool healthy) {
  bool is_new = false;
  bool changed = false;
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_ || id != connection_) return;
    backoff_.Reset();
    is_new = facts_.connection != ReplicaFacts::Connection::kUp;
    changed = is_new || facts_.healthy != healthy;
    facts_.connection = ReplicaFacts::Connection::kUp;
    facts_.healthy = healthy;
  }
  if (is_new) StartDescribe(id);
  if (changed) on_change_();
}

void Replica::OnDescribed(ConnectionId id,
                          absl::StatusOr<v1::DescribeResponse> answer) {
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_ || id != connection_) return;
    facts_.described = answer.status();
    if (answer.ok()) {
      facts_.description = std::make_shared<const v1::StageDescription>(
          std::move(*answer->mutable_stage()));
    } else {
      ScheduleLocked(backoff_.Next(),
                     [id](Replica& self) { self.StartDescribe(id); });
    }
  }
  on_change_();
}

void Replica::OnWatchEnded(ConnectionId id, absl::Status end) {
  bool renew = false;
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_ || id != connection_) return;
    const bool up = facts_.connection == ReplicaFacts::Connection::kUp;
    renew = up && absl::IsDeadlineExceeded(end);
    if (!renew) {
      if (end.ok()) end = absl::UnavailableError("the server is stopping");
      facts_.connection = ReplicaFacts::Connection::kDown;
      facts_.trouble = std::move(end);
      facts_.healthy.reset();
      facts_.described.reset();
      ScheduleLocked(backoff_.Next(), [](Replica& self) { self.Connect(); });
    }
  }
  if (renew) {
    StartWatch(id);
  } else {
    on_change_();
  }
}

void Replica::Hold(ConnectionId id, Canceller Replica::*slot,
                   Canceller cancel) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopped_) {
      if (id == connection_) (this->*slot).swap(cancel);
      return;
    }
  }
  cancel();
}

void Replica::ScheduleLocked(absl::Duration delay,
                             std::function<void(Replica&)> action) {
  timers_.Cancel(timer_);
  timer_ = timers_.Schedule(
      delay, [weak = weak_from_this(), action = std::move(action)] {
        if (const std::shared_ptr<Replica> self = weak.lock()) action(*self);
      });
}

}  // namespace stagecoach
