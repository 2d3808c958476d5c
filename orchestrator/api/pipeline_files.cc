#include "orchestrator/api/pipeline_files.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "orchestrator/pipeline/parse.h"
#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::StatusOr<std::set<std::filesystem::path>> YamlFiles(
    const std::string& directory) {
  std::error_code error;
  std::set<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".yaml") files.insert(entry.path());
  }
  if (!error) return files;
  return absl::NotFoundError(
      absl::StrCat("--pipelines=", directory, ": ", error.message(),
                   "; it must be a folder with pipelines as .yaml files"));
}

absl::StatusOr<AppliedPipeline> ApplyFile(const std::filesystem::path& file,
                                          PipelineStore& store) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream yaml;
  yaml << stream.rdbuf();
  if (!stream) {
    return absl::FailedPreconditionError(
        absl::StrCat(file.string(), " cannot be read"));
  }
  SC_ASSIGN_OR_RETURN(v1::Pipeline pipeline,
                      ParsePipeline(yaml.str(), file.filename().string()));
  return store.ApplyPipeline({std::move(pipeline), yaml.str()});
}

}  // namespace

absl::Status ApplyPipelineFiles(const std::string& directory,
                                PipelineStore& store) {
  SC_ASSIGN_OR_RETURN(const std::set<std::filesystem::path> files,
                      YamlFiles(directory));
  for (const std::filesystem::path& file : files) {
    const absl::StatusOr<AppliedPipeline> applied = ApplyFile(file, store);
    if (applied.ok()) {
      Log(LogLevel::kInfo, applied->changed ? "pipeline applied" : "pipeline",
          {{"pipeline", applied->pipeline.name()},
           {"version", applied->pipeline.version()}});
    } else if (absl::IsInvalidArgument(applied.status()) ||
               absl::IsFailedPrecondition(applied.status())) {
      Log(LogLevel::kError, "pipeline passed over",
          {{"file", file.string()}, {"error", applied.status()}});
    } else {
      return applied.status();
    }
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
