#include "services/common/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include <cstdlib>

#include "services/common/base/logging.h"

namespace stagecoach {
namespace {

void WriteToOurLog(gpr_log_func_args* record) {
  Log(LogLevel::kDebug, record->message,
      {{"source", "grpc"}, {"file", record->file}, {"line", record->line}});
}

}  // namespace

void QuietGrpcLog() {
  static const bool done = [] {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) {
      gpr_set_log_function(WriteToOurLog);
    }
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace stagecoach
