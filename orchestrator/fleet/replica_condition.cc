#include "orchestrator/fleet/replica_condition.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/contract/description.h"

namespace stagecoach {
namespace {

// What gRPC and the kernel say (in any case), and what people say.
struct KnownProblem {
  absl::string_view text;
  absl::string_view meaning;
};
constexpr KnownProblem kKnownProblems[] = {
    {"connection refused", "connection refused"},
    {"connection reset", "connection reset"},
    {"socket closed", "connection closed"},
    {"no route to host", "no route to host"},
    {"network is unreachable", "network is unreachable"},
    {"timed out", "connecting timed out"},
    {"timeout occurred", "connecting timed out"},
    {"keepalive watchdog", "it does not answer keepalive pings"},
    {"ping timeout", "it does not answer keepalive pings"},
    {"server is stopping", "it is stopping"},
    {"goaway", "it is stopping"},
    {"cancelling all calls", "it is stopping"},
    {"dns resolution failed", "its name is not known to DNS"},
    {"trying to connect an http1.x server", "it is not a gRPC server"},
};

// Why a replica that has answered Describe may not be given work as this
// stage; empty if it may.
std::string Unfitness(const v1::StageDescription& description,
                      absl::string_view stage) {
  if (description.name() != stage) {
    return absl::StrCat("it is stage \"", description.name(), "\", not \"",
                        stage, "\"; check the address given to --stage");
  }
  if (description.slots() < 1) {
    return absl::StrCat("its description says slots ", description.slots(),
                        "; at least 1 is needed");
  }
  const absl::Status valid = ValidateDescription(description);
  if (valid.ok()) return "";
  return absl::StrCat("its description is not valid: ", valid.message());
}

}  // namespace

absl::string_view ReplicaStateName(ReplicaState state) {
  switch (state) {
    case ReplicaState::kConnecting:
      return "connecting";
    case ReplicaState::kServing:
      return "serving";
    case ReplicaState::kNotServing:
      return "not_serving";
    case ReplicaState::kUnreachable:
      return "unreachable";
  }
  return "unknown";
}

ReplicaCondition Judge(const ReplicaFacts& facts, absl::string_view stage) {
  std::string unfitness;
  if (facts.description != nullptr) {
    unfitness = Unfitness(*facts.description, stage);
  }
  const auto condition = [&](ReplicaState state, std::string reason) {
    return ReplicaCondition{state, std::move(reason),
                            unfitness.empty() ? facts.description : nullptr};
  };
  if (facts.connection == ReplicaFacts::Connection::kDown) {
    if (absl::IsUnimplemented(facts.trouble)) {
      return condition(ReplicaState::kNotServing,
                       "it does not offer the service grpc.health.v1.Health");
    }
    return condition(ReplicaState::kUnreachable,
                     ConnectionProblem(facts.trouble));
  }
  if (facts.connection == ReplicaFacts::Connection::kNever ||
      !facts.healthy.has_value() || !facts.described.has_value()) {
    return condition(ReplicaState::kConnecting, "connecting");
  }
  if (!facts.described->ok()) {
    return condition(
        ReplicaState::kNotServing,
        absl::StrCat("Describe failed: ", facts.described->ToString()));
  }
  if (!unfitness.empty()) {
    return condition(ReplicaState::kNotServing, unfitness);
  }
  if (!*facts.healthy) {
    return condition(ReplicaState::kNotServing,
                     "its health service says NOT_SERVING: it is starting, "
                     "stopping or has lost its volume; see its log");
  }
  return condition(ReplicaState::kServing, "");
}

std::string ConnectionProblem(const absl::Status& status) {
  const std::string message = absl::AsciiStrToLower(status.message());
  for (const KnownProblem& known : kKnownProblems) {
    if (absl::StrContains(message, known.text)) {
      return std::string(known.meaning);
    }
  }
  return std::string(status.ToString());
}

}  // namespace stagecoach
