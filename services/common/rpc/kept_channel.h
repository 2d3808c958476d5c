// Channels for tests that are told the end of a call and go away at once.

#ifndef SERVICES_COMMON_RPC_KEPT_CHANNEL_H_
#define SERVICES_COMMON_RPC_KEPT_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "services/common/rpc/channel.h"

namespace stagecoach {

// As MakeChannel, but it lives until the process ends: a thread of gRPC may
// still let go of a call when its end has been told, and gRPC 1.51 frees a
// queue twice if such a thread drops the last channel.
//
// Threads: one.
inline std::shared_ptr<grpc::Channel> MakeKeptChannel(
    const std::string& target, const ChannelOptions& options) {
  static auto& kept = *new std::vector<std::shared_ptr<grpc::Channel>>();
  kept.push_back(MakeChannel(target, options));
  return kept.back();
}

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_KEPT_CHANNEL_H_
