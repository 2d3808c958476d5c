#include "orchestrator/cli/verbs/previews.h"

#include "orchestrator/cli/render/preview.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/contract/artifact_types.h"

namespace stagecoach {
namespace {

// Larger files are reported by shape alone.
constexpr int64_t kMostPreviewBytes = 1 << 20;

}  // namespace

void AddPreview(OrchestratorClient& client, const v1::Artifact& artifact,
                Previews& previews) {
  if (HoldsTensors(artifact.type()) &&
      artifact.size_bytes() > kMostPreviewBytes) {
    return;
  }
  const absl::StatusOr<std::string> bytes =
      ReadBeginning(client, artifact.uri(), kMostPreviewBytes);
  if (!bytes.ok()) return;
  const absl::StatusOr<std::string> line = PreviewLine(artifact, *bytes);
  if (line.ok()) previews.lines[artifact.uri()] = *line;
  if (artifact.type() == v1::ARTIFACT_TYPE_REPORT && !previews.history) {
    previews.history = ParseHistory(*bytes);
  }
}

}  // namespace stagecoach
