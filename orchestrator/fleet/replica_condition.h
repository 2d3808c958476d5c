// Whether a replica may be given work, and if not, why: the decision, apart
// from the calls that find out.

#ifndef ORCHESTRATOR_FLEET_REPLICA_CONDITION_H_
#define ORCHESTRATOR_FLEET_REPLICA_CONDITION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

enum class ReplicaState {
  kConnecting,   // nothing is known yet
  kServing,      // may be given work
  kNotServing,   // it answers, but may not be given work
  kUnreachable,  // it does not answer
};
inline constexpr ReplicaState kReplicaStates[] = {
    ReplicaState::kConnecting, ReplicaState::kServing,
    ReplicaState::kNotServing, ReplicaState::kUnreachable};

// `connecting`, `serving`, `not_serving`, `unreachable`: the label `state`.
absl::string_view ReplicaStateName(ReplicaState state);

// What is known of a replica.
struct ReplicaFacts {
  enum class Connection { kNever, kUp, kDown };
  Connection connection = Connection::kNever;
  // kDown: how the connection ended, not OK.
  absl::Status trouble;
  // kUp: whether its health service says SERVING; nothing before its answer.
  absl::optional<bool> healthy;
  // kUp: how Describe ended; nothing while it runs.
  absl::optional<absl::Status> described;
  // What Describe answered last; null before.
  std::shared_ptr<const v1::StageDescription> description;
};

// What follows from it.
struct ReplicaCondition {
  ReplicaState state = ReplicaState::kConnecting;
  // In words, for people; empty if it is serving.
  std::string reason;
  // As in the facts; null until it has answered, and if it is not fit for the
  // stage.
  std::shared_ptr<const v1::StageDescription> description;
};

// Judges a replica that is configured for `stage`. Pure.
ReplicaCondition Judge(const ReplicaFacts& facts, absl::string_view stage);

// How a call failed to reach its server, without gRPC's wrapping: `connection
// refused` for "failed to connect to all addresses; last error: …".
std::string ConnectionProblem(const absl::Status& status);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_REPLICA_CONDITION_H_
