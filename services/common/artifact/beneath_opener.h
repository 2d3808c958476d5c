// Opens paths beneath a directory and nowhere else, whatever symbolic links
// there are. Internal to this folder.

#ifndef SERVICES_COMMON_ARTIFACT_BENEATH_OPENER_H_
#define SERVICES_COMMON_ARTIFACT_BENEATH_OPENER_H_

#include "absl/strings/string_view.h"
#include "services/common/artifact/unique_fd.h"

namespace stagecoach {

// What of the kernel is used where it is there.
enum class KernelFeatures {
  // openat2 and RENAME_NOREPLACE.
  kDetect,
  // Neither, as on an old kernel or in an old sandbox.
  kPortable,
};

// With openat2 (Linux 5.6), symbolic links are followed as long as they stay
// beneath the root; without it every symbolic link is refused.
//
// Threads: every method may be called from any thread.
class BeneathOpener {
 public:
  // `root` is a directory.
  BeneathOpener(UniqueFd root, KernelFeatures features);

  // As openat with these flags, O_CLOEXEC and mode 0666. The empty path is the
  // root. Interrupted calls and stale handles are tried again, and so is a name
  // that a network file system may only remember as missing. Returns 0 and sets
  // `fd`, or an error number: EXDEV or ELOOP where the path would leave the
  // root.
  int Open(absl::string_view path, int flags, UniqueFd* fd) const;

 private:
  // Each returns a descriptor or, negative, an error number.
  int OpenFresh(absl::string_view path, int flags) const;
  int OpenOnce(absl::string_view path, int flags) const;
  int OpenBeneath(absl::string_view path, int flags) const;
  int OpenByWalking(absl::string_view path, int flags) const;

  // Asks for the nearest directory above that is known.
  void AskAbove(absl::string_view path) const;

  const UniqueFd root_;
  const bool has_openat2_;
  const bool remembers_missing_names_;
};

// Asks a server anew for what is known of an open directory: names of which
// this machine only remembers that they are missing are then looked up again.
// Nothing on a local file system.
void AskAnew(int directory);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_BENEATH_OPENER_H_
