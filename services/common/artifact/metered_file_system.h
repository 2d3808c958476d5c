// Counts and times every operation of a file system.

#ifndef SERVICES_COMMON_ARTIFACT_METERED_FILE_SYSTEM_H_
#define SERVICES_COMMON_ARTIFACT_METERED_FILE_SYSTEM_H_

#include <memory>

#include "services/common/artifact/artifact_metrics.h"
#include "services/common/artifact/file_system.h"
#include "services/common/base/clock.h"

namespace stagecoach {

// `files`, with each operation on it and on its open files in `metrics`. A
// file that is mapped counts as read when it is mapped.
//
// Ownership: `clock` must outlive it and its files.
std::shared_ptr<FileSystem> MakeMeteredFileSystem(
    std::shared_ptr<FileSystem> files, std::shared_ptr<ArtifactMetrics> metrics,
    Clock& clock);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_METERED_FILE_SYSTEM_H_
