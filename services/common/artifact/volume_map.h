// Which volumes a process has, by name.

#ifndef SERVICES_COMMON_ARTIFACT_VOLUME_MAP_H_
#define SERVICES_COMMON_ARTIFACT_VOLUME_MAP_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/artifact/file_system.h"

namespace prometheus {
class Registry;
}

namespace stagecoach {

// Volume name -> file system. Shared, because a thread that hangs in one may
// outlive everybody else.
using VolumeMap = std::map<std::string, std::shared_ptr<FileSystem>>;

// Opens the folders of `--volume=NAME=PATH` options as volumes whose
// operations are counted as stagecoach_artifact_io_* in `registry`, which must
// outlive them.
//
// INVALID_ARGUMENT: not of that form, a bad name, a name twice. Otherwise as
// FileSystem says, naming the option: a folder that is missing, not a folder or
// not ours to enter.
absl::StatusOr<VolumeMap> OpenVolumes(absl::Span<const std::string> options,
                                      prometheus::Registry& registry);

// INVALID_ARGUMENT, with the names there are, if there is none called `name`.
absl::StatusOr<std::shared_ptr<FileSystem>> FindVolume(const VolumeMap& volumes,
                                                       absl::string_view name);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_VOLUME_MAP_H_
