// Where the replicas of each stage are, as the flag `--stage` says it:
//
//   --stage=train=10.0.0.1:50051,10.0.0.2:50051    replicas, named one by one
//   --stage=train=dns:///train.stagecoach:50051    every address of a DNS name
//   --stage=train=[::1]:50051                      IPv6 in brackets
//
// Threads: pure functions and values.

#ifndef ORCHESTRATOR_FLEET_STAGE_ADDRESSES_H_
#define ORCHESTRATOR_FLEET_STAGE_ADDRESSES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace stagecoach {

// A host and a port on it.
struct HostPort {
  // A name, an IPv4 address, or an IPv6 address without brackets.
  std::string host;
  // 1 to 65535.
  int port = 0;

  // `host:port`; IPv6 in brackets.
  std::string ToString() const;

  friend bool operator==(const HostPort& a, const HostPort& b) {
    return a.host == b.host && a.port == b.port;
  }
};

// Where the replicas of one stage are.
struct StageAddresses {
  // Name of the stage.
  std::string stage;
  // Replicas named one by one.
  std::vector<HostPort> replicas;
  // DNS names of which every address is a replica.
  std::vector<HostPort> dns_names;
};

// Parses `host:port`. INVALID_ARGUMENT says what is wrong with it.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text);

// Parses the value of one flag, `NAME=ADDRESS[,ADDRESS…]`. INVALID_ARGUMENT
// names the stage and the address, and says what would be right.
absl::StatusOr<StageAddresses> ParseStageAddresses(absl::string_view text);

// Parses every flag's value. INVALID_ARGUMENT as above, or if a stage is
// there twice.
absl::StatusOr<std::vector<StageAddresses>> ParseAllStageAddresses(
    absl::Span<const std::string> texts);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_FLEET_STAGE_ADDRESSES_H_
