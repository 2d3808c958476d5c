// The wall where exceptions stop: libtorch throws, our code does not. `try`
// stands nowhere else.
//
//   return Guarded("train", [&]() -> absl::Status { return trainer.Run(); });

#ifndef SERVICES_COMMON_TENSOR_GUARDED_H_
#define SERVICES_COMMON_TENSOR_GUARDED_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// The exception that is being handled, as a status that starts with `what`;
// to be called in a catch block only.
//
// RESOURCE_EXHAUSTED: there was no memory. INTERNAL: anything else, with the
// first line of what the exception says.
absl::Status StatusOfException(absl::string_view what);

// Runs `body`, which returns an absl::Status or absl::StatusOr, and turns
// whatever it throws into a status. `what` says what was being done.
template <typename Body>
auto Guarded(absl::string_view what, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    return StatusOfException(what);
  }
}

}  // namespace stagecoach

#endif  // SERVICES_COMMON_TENSOR_GUARDED_H_
