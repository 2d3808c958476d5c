// Finds what a method and a path ask for. Pure.

#ifndef ORCHESTRATOR_API_HTTP_ROUTER_H_
#define ORCHESTRATOR_API_HTTP_ROUTER_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// A method and the pattern of a path: segments, of which `{name}` stands for
// any text without `:` and `/`, with or without a verb behind:
// `/v1/runs/{run_id}:cancel`.
struct RoutePattern {
  absl::string_view method;
  absl::string_view path;
};

struct RouteMatch {
  // Position of the route.
  size_t route = 0;
  // What stands in the place of `{name}`, by name.
  std::map<std::string, std::string> fields;
};

// Where a request leads, or what else there is at its path.
struct RouteLookup {
  // Whether a route was found: `match` is set.
  bool found = false;
  RouteMatch match;
  // Otherwise the methods that the path knows, sorted; empty: no such path.
  std::vector<std::string> allowed;
};

// `GET` routes also take `HEAD`.
RouteLookup FindRoute(const std::vector<RoutePattern>& routes,
                      absl::string_view method, absl::string_view path);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_ROUTER_H_
