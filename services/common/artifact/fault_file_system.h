// Lets a chosen operation of a file system fail.

#ifndef SERVICES_COMMON_ARTIFACT_FAULT_FILE_SYSTEM_H_
#define SERVICES_COMMON_ARTIFACT_FAULT_FILE_SYSTEM_H_

#include <cerrno>
#include <memory>

#include "services/common/artifact/errno_status.h"
#include "services/common/artifact/file_system.h"

namespace stagecoach {

struct FaultOptions {
  // Which call fails, from 1; those on open files count.
  int nth = 1;
  // Whether all later calls fail, too.
  bool for_good = false;
  // Whether the call does its work before it fails, like a call to a server
  // whose answer is lost. An Append without it does half.
  bool after_effect = false;
  // Whether every call that makes or removes a name is made twice and has the
  // second one's result, as NFS does if the first one's answer is lost. Then
  // none fails.
  bool repeats = false;
  absl::Status error = ErrnoStatus(EIO, "injected fault");
};

// For tests: `for (int nth = 1;; ++nth) { … if (!faulty->fired()) break; }`.
//
// Threads: every method may be called from any thread.
class FaultFileSystem : public FileSystem {
 public:
  // Whether the call came.
  virtual bool fired() const = 0;
};

// `files` with a fault.
std::shared_ptr<FaultFileSystem> MakeFaultFileSystem(
    std::shared_ptr<FileSystem> files, FaultOptions options);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_FAULT_FILE_SYSTEM_H_
