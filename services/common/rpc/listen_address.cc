#include "services/common/rpc/listen_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace stagecoach {
namespace {

constexpr int kMaxPort = 65535;

absl::Status Malformed(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("address \"", absl::Utf8SafeCEscape(text), "\" ", why,
                   "; give host:port, for example 127.0.0.1:50051"));
}

// 0 if a socket can be bound and listen, else errno.
int TryToListen(const addrinfo& candidate) {
  const int fd = socket(candidate.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const bool listens = bind(fd, candidate.ai_addr, candidate.ai_addrlen) == 0 &&
                       listen(fd, 1) == 0;
  const int error = listens ? 0 : errno;
  close(fd);
  return error;
}

absl::Status ToStatus(int error, const std::string& address) {
  switch (error) {
    case 0:
      return absl::UnavailableError(
          absl::StrCat("could not listen on ", address, "; try again"));
    case EADDRINUSE:
      return absl::FailedPreconditionError(
          absl::StrCat("address ", address,
                       " is already in use; choose another port, or 0"));
    case EADDRNOTAVAIL:
      return absl::FailedPreconditionError(absl::StrCat(
          "address ", address, " does not belong to this machine"));
    case EACCES:
      return absl::PermissionDeniedError(absl::StrCat(
          "may not listen on ", address, "; choose a port above 1023"));
    default:
      return absl::FailedPreconditionError(absl::StrCat(
          "cannot listen on ", address, ": ", std::strerror(error)));
  }
}

}  // namespace

std::string ListenAddress::ToString() const {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port)
                                      : absl::StrCat(host, ":", port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return Malformed(text, "has no port");
  ListenAddress address;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &address.port) ||
      address.port < 0 || address.port > kMaxPort) {
    return Malformed(text, "has a port that is not a number from 0 to 65535");
  }
  absl::string_view host = text.substr(0, colon);
  const bool bracketed =
      absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
  if (!bracketed && host.find_first_of(":[]") != absl::string_view::npos) {
    return Malformed(text, "holds an IPv6 address without brackets");
  }
  if (host.empty()) return Malformed(text, "has no host");
  if (host.find_first_of("/ \t\n") != absl::string_view::npos) {
    return Malformed(text, "has a host that is not a name or number");
  }
  address.host = std::string(host);
  return address;
}

absl::Status ExplainListenFailure(const ListenAddress& address) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(
      address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (failure != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("host \"", absl::Utf8SafeCEscape(address.host),
                     "\" has no address: ", gai_strerror(failure)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found,
                                                             freeaddrinfo);
  for (const addrinfo* candidate = found; candidate != nullptr;
       candidate = candidate->ai_next) {
    if (const int error = TryToListen(*candidate); error != 0) {
      return ToStatus(error, address.ToString());
    }
  }
  return ToStatus(0, address.ToString());
}

}  // namespace stagecoach
