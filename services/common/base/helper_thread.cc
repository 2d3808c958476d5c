#include "services/common/base/helper_thread.h"

#include <system_error>
#include <utility>

namespace stagecoach {

std::thread StartHelperThread(absl::AnyInvocable<void() &&> work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error&) {
    return std::thread();
  }
}

}  // namespace stagecoach
