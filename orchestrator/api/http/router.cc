#include "orchestrator/api/http/router.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace stagecoach {
namespace {

using Fields = std::map<std::string, std::string>;

// Whether `text` fits `{name}`, perhaps with a verb, and what it puts there.
bool MatchSegment(absl::string_view pattern, absl::string_view text,
                  Fields& fields) {
  if (!absl::ConsumePrefix(&pattern, "{")) return pattern == text;
  const size_t end = pattern.find('}');
  const absl::string_view verb = pattern.substr(end + 1);
  if (!absl::ConsumeSuffix(&text, verb)) return false;
  if (text.empty() || absl::StrContains(text, ':')) return false;
  fields[std::string(pattern.substr(0, end))] = std::string(text);
  return true;
}

bool MatchPath(absl::string_view pattern, absl::string_view path,
               Fields& fields) {
  const std::vector<absl::string_view> wanted = absl::StrSplit(pattern, '/');
  const std::vector<absl::string_view> given = absl::StrSplit(path, '/');
  if (wanted.size() != given.size()) return false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!MatchSegment(wanted[i], given[i], fields)) return false;
  }
  return true;
}

}  // namespace

RouteLookup FindRoute(const std::vector<RoutePattern>& routes,
                      absl::string_view method, absl::string_view path) {
  RouteLookup lookup;
  std::set<std::string> allowed;
  for (size_t i = 0; i < routes.size(); ++i) {
    Fields fields;
    if (!MatchPath(routes[i].path, path, fields)) continue;
    if (routes[i].method == method ||
        (routes[i].method == "GET" && method == "HEAD")) {
      lookup.found = true;
      lookup.match = {i, std::move(fields)};
      return lookup;
    }
    allowed.emplace(routes[i].method);
    if (routes[i].method == "GET") allowed.emplace("HEAD");
  }
  lookup.allowed.assign(allowed.begin(), allowed.end());
  return lookup;
}

}  // namespace stagecoach
