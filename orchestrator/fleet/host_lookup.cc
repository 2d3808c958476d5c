#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "orchestrator/fleet/dns_resolver.h"

namespace stagecoach {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

absl::Status LookupFailed(const HostPort& name, int error, int system_error) {
  return absl::UnavailableError(absl::StrCat(
      "DNS name \"", name.host, "\": ",
      error == EAI_SYSTEM ? std::strerror(system_error) : gai_strerror(error)));
}

// The address as digits, `host:port`.
std::string Format(const addrinfo& found, int port) {
  char host[NI_MAXHOST];
  const int error = getnameinfo(found.ai_addr, found.ai_addrlen, host,
                                sizeof(host), nullptr, 0, NI_NUMERICHOST);
  return error == 0 ? HostPort{host, port}.ToString() : "";
}

}  // namespace

absl::StatusOr<std::vector<std::string>> LookUpHost(const HostPort& name) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // or each address comes thrice
  addrinfo* list = nullptr;
  const int error = getaddrinfo(name.host.c_str(), nullptr, &hints, &list);
  const int system_error = errno;
  const std::unique_ptr<addrinfo, FreeAddresses> owned(list);
  if (error != 0) return LookupFailed(name, error, system_error);
  std::vector<std::string> addresses;
  for (const addrinfo* next = list; next != nullptr; next = next->ai_next) {
    addresses.push_back(Format(*next, name.port));
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()),
                  addresses.end());
  return addresses;
}

}  // namespace stagecoach
