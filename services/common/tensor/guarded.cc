#include "services/common/tensor/guarded.h"

#include <c10/util/Exception.h>

#include <exception>
#include <new>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

absl::Status OutOfMemory(absl::string_view what) {
  return absl::ResourceExhaustedError(absl::StrCat(what, ": out of memory"));
}

absl::Status Internal(absl::string_view what, absl::string_view message) {
  return absl::InternalError(
      absl::StrCat(what, ": ", message.substr(0, message.find('\n'))));
}

}  // namespace

absl::Status StatusOfException(absl::string_view what) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return OutOfMemory(what);
  } catch (const c10::Error& error) {
    const absl::string_view message = error.what_without_backtrace();
    // libtorch has no type of its own for memory that the CPU lacks.
    const bool no_memory = absl::StrContains(message, "not enough memory") ||
                           absl::StrContains(message, "can't allocate memory");
    return no_memory ? OutOfMemory(what) : Internal(what, message);
  } catch (const std::exception& error) {
    return Internal(what, error.what());
  } catch (...) {
    return Internal(what, "an exception of an unknown type");
  }
}

}  // namespace stagecoach
