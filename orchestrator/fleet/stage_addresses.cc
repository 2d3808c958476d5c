#include "orchestrator/fleet/stage_addresses.h"

#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/names.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kForms =
    "expected host:port, [IPv6 address]:port or dns:///name:port";

absl::Status BadAddress(absl::string_view address, absl::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat("address \"", address, "\": ", problem, "; ", kForms));
}

absl::StatusOr<int> ParsePort(absl::string_view address,
                              absl::string_view text) {
  int port = 0;
  const bool digits =
      !text.empty() && absl::c_all_of(text, absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(text, &port) || port < 1 || port > 65535) {
    return BadAddress(address, absl::StrCat("\"", text,
                                            "\" is not a port, which is a "
                                            "number from 1 to 65535"));
  }
  return port;
}

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
}

bool IsIpv6Character(char c) {
  // A zone (fe80::1%eth0) may have any letters.
  return absl::ascii_isalnum(c) || c == ':' || c == '.' || c == '%';
}

// `[host]:port`, `text` begins with the bracket.
absl::StatusOr<HostPort> ParseBracketed(absl::string_view text) {
  const size_t close = text.find(']');
  if (close == absl::string_view::npos) {
    return BadAddress(text, "\"]\" is missing");
  }
  const absl::string_view host = text.substr(1, close - 1);
  if (!absl::StrContains(host, ':') || !absl::c_all_of(host, IsIpv6Character)) {
    return BadAddress(text,
                      absl::StrCat("\"", host, "\" is not an IPv6 address"));
  }
  absl::string_view rest = text.substr(close + 1);
  if (!absl::ConsumePrefix(&rest, ":")) {
    return BadAddress(text, "the port is missing");
  }
  SC_ASSIGN_OR_RETURN(const int port, ParsePort(text, rest));
  return HostPort{std::string(host), port};
}

absl::Status AddAddress(absl::string_view text, StageAddresses& addresses) {
  absl::string_view rest = text;
  const bool is_dns = absl::ConsumePrefix(&rest, "dns:///");
  if (!is_dns && absl::StrContains(text, "//")) {
    return BadAddress(text, "this scheme or name server is not supported");
  }
  SC_ASSIGN_OR_RETURN(HostPort parsed, ParseHostPort(rest));
  std::vector<HostPort>& list =
      is_dns ? addresses.dns_names : addresses.replicas;
  if (absl::c_linear_search(list, parsed)) {
    return BadAddress(text, "it is there twice");
  }
  list.push_back(std::move(parsed));
  return absl::OkStatus();
}

}  // namespace

std::string HostPort::ToString() const {
  if (absl::StrContains(host, ':')) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text) {
  if (text.empty()) return BadAddress(text, "it is empty");
  if (text.front() == '[') return ParseBracketed(text);
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() == 1) return BadAddress(text, "the port is missing");
  if (parts.size() > 2) {
    return BadAddress(text, "an IPv6 address stands in brackets");
  }
  if (parts[0].empty()) return BadAddress(text, "the host is missing");
  if (!absl::c_all_of(parts[0], IsHostCharacter)) {
    return BadAddress(text, absl::StrCat("\"", parts[0], "\" is not a host"));
  }
  SC_ASSIGN_OR_RETURN(const int port, ParsePort(text, parts[1]));
  return HostPort{std::string(parts[0]), port};
}

absl::StatusOr<StageAddresses> ParseStageAddresses(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (!absl::StrContains(text, '=') || parts.second.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text,
                     "\" names no address; expected NAME=ADDRESS[,ADDRESS...], "
                     "for example train=127.0.0.1:50051"));
  }
  StageAddresses addresses;
  addresses.stage = std::string(parts.first);
  SC_RETURN_IF_ERROR(CheckLowerCaseName("name of stage", addresses.stage));
  for (const absl::string_view address : absl::StrSplit(parts.second, ',')) {
    SC_RETURN_IF_ERROR(AddAddress(address, addresses), "stage \"",
                       addresses.stage, "\"");
  }
  return addresses;
}

absl::StatusOr<std::vector<StageAddresses>> ParseAllStageAddresses(
    absl::Span<const std::string> texts) {
  std::vector<StageAddresses> all;
  std::set<std::string> names;
  for (const std::string& text : texts) {
    SC_ASSIGN_OR_RETURN(StageAddresses addresses, ParseStageAddresses(text));
    if (!names.insert(addresses.stage).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "stage \"", addresses.stage,
          "\" is there twice; give all its addresses at once, with commas"));
    }
    all.push_back(std::move(addresses));
  }
  return all;
}

}  // namespace stagecoach
