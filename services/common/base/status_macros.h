// The project's only two macros: early return of a bad absl::Status.
//
//   SC_RETURN_IF_ERROR(files.Sync(path), "flush ", path);
//   SC_ASSIGN_OR_RETURN(const std::string text, files.ReadAll(path), "read");
//
// Further arguments are joined as by absl::StrCat and put before the message,
// so that each layer adds what only it knows: "flush a/b: no space left".

#ifndef SERVICES_COMMON_BASE_STATUS_MACROS_H_
#define SERVICES_COMMON_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {

// Returns `status` with the joined `context` and ": " put before its message.
// Payloads are kept; an OK status is returned as it is.
template <typename... Context>
absl::Status WithContext(const absl::Status& status,
                         const Context&... context) {
  if constexpr (sizeof...(context) == 0) {
    return status;
  } else {
    if (status.ok()) return status;
    absl::Status result(status.code(),
                        absl::StrCat(context..., ": ", status.message()));
    status.ForEachPayload(
        [&result](absl::string_view url, const absl::Cord& payload) {
          result.SetPayload(url, payload);
        });
    return result;
  }
}

}  // namespace stagecoach

#define SC_RETURN_IF_ERROR(expression, ...)                                   \
  do {                                                                        \
    if (absl::Status sc_status = (expression); !sc_status.ok())               \
      return ::stagecoach::WithContext(sc_status __VA_OPT__(, ) __VA_ARGS__); \
  } while (false)

#define SC_ASSIGN_OR_RETURN(target, expression, ...)                        \
  SC_INTERNAL_ASSIGN_OR_RETURN(SC_INTERNAL_CONCAT(sc_status_or_, __LINE__), \
                               target, expression, __VA_ARGS__)

#define SC_INTERNAL_ASSIGN_OR_RETURN(result, target, expression, ...) \
  auto result = (expression);                                         \
  if (!result.ok())                                                   \
    return ::stagecoach::WithContext(result.status() __VA_OPT__(, )   \
                                         __VA_ARGS__);                \
  target = *std::move(result)

#define SC_INTERNAL_CONCAT_INNER(left, right) left##right
#define SC_INTERNAL_CONCAT(left, right) SC_INTERNAL_CONCAT_INNER(left, right)

#endif  // SERVICES_COMMON_BASE_STATUS_MACROS_H_
