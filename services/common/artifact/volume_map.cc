#include "services/common/artifact/volume_map.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/artifact_metrics.h"
#include "services/common/artifact/metered_file_system.h"
#include "services/common/artifact/posix_file_system.h"
#include "services/common/base/clock.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

absl::StatusOr<VolumeMap> OpenVolumes(absl::Span<const std::string> options,
                                      prometheus::Registry& registry) {
  const auto metrics = std::make_shared<ArtifactMetrics>(registry);
  VolumeMap volumes;
  for (const std::string& option : options) {
    const std::string what = absl::StrCat("--volume=", option);
    const size_t equals = option.find('=');
    if (equals == std::string::npos || equals + 1 == option.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, ": the form is --volume=NAME=FOLDER"));
    }
    const std::string name = option.substr(0, equals);
    SC_ASSIGN_OR_RETURN(std::shared_ptr<FileSystem> files,
                        OpenPosixFileSystem(name, option.substr(equals + 1)),
                        what);
    files = MakeMeteredFileSystem(std::move(files), metrics, Clock::Real());
    if (!volumes.emplace(name, std::move(files)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, ": volume ", name, " is given twice"));
    }
  }
  return volumes;
}

absl::StatusOr<std::shared_ptr<FileSystem>> FindVolume(const VolumeMap& volumes,
                                                       absl::string_view name) {
  const auto found = volumes.find(std::string(name));
  if (found != volumes.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, files] : volumes) names.push_back(known);
  return absl::InvalidArgumentError(
      absl::StrCat("there is no volume \"", name, "\" here",
                   names.empty() ? "; this process has none" : "",
                   NearestNameHint(name, names)));
}

}  // namespace stagecoach
