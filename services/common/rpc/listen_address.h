// Addresses that servers listen on: `host:port`, with the host of an IPv6
// address in brackets.

#ifndef SERVICES_COMMON_RPC_LISTEN_ADDRESS_H_
#define SERVICES_COMMON_RPC_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

struct ListenAddress {
  // Name or number, without brackets.
  std::string host;
  // 0 to 65535; 0 lets the kernel choose.
  int port = 0;

  // `host:port` or `[host]:port`.
  std::string ToString() const;
};

// INVALID_ARGUMENT names what is wrong with `text`.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

// Why a server could not listen on `address`, found out by trying: libraries
// do not tell.
//   INVALID_ARGUMENT     the host has no address.
//   FAILED_PRECONDITION  the port is in use, or the address is not this
//                        machine's.
//   PERMISSION_DENIED    a port below 1024 without the right to it.
//   UNAVAILABLE          it could listen now.
absl::Status ExplainListenFailure(const ListenAddress& address);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_LISTEN_ADDRESS_H_
