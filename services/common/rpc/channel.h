// The one place that makes gRPC channels, so that every client pings, limits,
// reconnects and reports in the same way.

#ifndef SERVICES_COMMON_RPC_CHANNEL_H_
#define SERVICES_COMMON_RPC_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/time/time.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace stagecoach {

class RpcMetrics;

struct ChannelOptions {
  // Largest message taken from the server, in bytes; a larger one ends its call
  // as RESOURCE_EXHAUSTED.
  int max_receive_bytes = 4 << 20;

  // Whether the channel has a connection of its own instead of sharing one with
  // other channels of this process to the same address.
  bool own_connection = false;

  // Where calls are counted as `grpc_client_…`; null: nowhere.
  std::shared_ptr<const RpcMetrics> metrics = nullptr;
};

// A channel to `target`: `host:port`, `dns:///name:port` or
// `ipv4:host:port,host:port`. Never fails and connects only when used: a target
// that cannot be reached, or makes no sense, ends calls as UNAVAILABLE.
//
// It goes through no HTTP proxy. A connection that went silent is given up 15 s
// after the last byte (ping after 10 s, answer within 5 s), also while no call
// runs. Lost connections are tried again after 100 ms, growing to 5 s, with
// jitter.
//
// To make stubs of it include <grpcpp/channel.h>.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target,
                                           const ChannelOptions& options = {});

// Ends the call of `context` as DEADLINE_EXCEEDED once `timeout` has passed
// from now. Every call has one; set it before the call starts.
void SetTimeout(grpc::ClientContext& context, absl::Duration timeout);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_CHANNEL_H_
