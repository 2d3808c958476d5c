// What lies on a volume and belongs to nobody any more: what writers have left
// that were killed, and uploads that no run uses.

#ifndef ORCHESTRATOR_RETENTION_LEFTOVERS_H_
#define ORCHESTRATOR_RETENTION_LEFTOVERS_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/artifact/file_system.h"

namespace stagecoach {

// The folder on a volume that has a folder of each run.
inline constexpr absl::string_view kRunsFolder = "runs";

// What is in a folder, or a file.
struct Contents {
  int64_t size_bytes = 0;
  absl::Time newest;        // when any of it was last modified
  bool has_result = false;  // a published result of an attempt
};

// Looks at everything below `path`; what vanishes meanwhile is not counted.
// NOT_FOUND: it is not there.
absl::StatusOr<Contents> LookInto(FileSystem& files, absl::string_view path);

// A file or folder that may be removed.
struct Leftover {
  std::string path;
  FileKind kind = FileKind::kDirectory;
  int64_t size_bytes = 0;
};

// The runs of which there are folders, as the store knows them.
struct KnownRuns {
  // That have ended and stay.
  std::set<std::string> ended;
  // Whose folders are not to be looked at: under way, or being deleted.
  std::set<std::string> passed_over;
};

// Below kRunsFolder: hidden files and folders of runs that have ended, and
// folders of unknown runs; and the hidden files elsewhere that we write. Only
// what nobody has modified since `old`. The folder of an unknown run that has a
// published result stays: its record may have been deleted alone, or may be in
// another store.
absl::StatusOr<std::vector<Leftover>> FindLeftovers(FileSystem& files,
                                                    const KnownRuns& runs,
                                                    absl::Time old);

// The folders of uploads with none of `used` (URIs) in them, that nobody has
// modified since `old`.
absl::StatusOr<std::vector<Leftover>> FindUnusedUploads(
    FileSystem& files, const std::set<std::string>& used, absl::Time old);

// Removes a file, or a folder with all in it; OK if it is not there.
absl::Status Remove(FileSystem& files, const Leftover& leftover);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_RETENTION_LEFTOVERS_H_
