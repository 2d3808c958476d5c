// Directories that other machines change, too: what the cache of a network file
// system hides, and calls that its client repeats. Internal to this folder.

#ifndef SERVICES_COMMON_ARTIFACT_SHARED_DIRECTORY_H_
#define SERVICES_COMMON_ARTIFACT_SHARED_DIRECTORY_H_

#include <string>

#include "services/common/artifact/beneath_opener.h"
#include "services/common/artifact/unique_fd.h"

namespace stagecoach {

// A name in a directory.
struct NameIn {
  UniqueFd directory;
  std::string name;
};

// As renameat(2).
using RenameCall = int (*)(int, const char*, int, const char*);

// Gives a file or directory a new name that nothing has. Returns 0, or an error
// number and nothing has changed: EEXIST if the new name is taken.
//
// A client of NFS repeats a call whose answer was lost with its server; the
// second time the old name is not there. That is told from a file that never
// was there, and is 0. `rename` is a parameter for tests of that.
int RenameNoReplace(const NameIn& from, const NameIn& to,
                    KernelFeatures features, RenameCall rename);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_SHARED_DIRECTORY_H_
