#include "orchestrator/pipeline/digest.h"

#include "orchestrator/pipeline/canonical_bytes.h"
#include "services/common/base/sha256.h"

namespace stagecoach {

std::string PipelineDigest(const v1::Pipeline& pipeline) {
  v1::Pipeline specification = pipeline;
  specification.clear_version();
  specification.clear_digest();
  return Sha256Hex(CanonicalBytes(specification));
}

}  // namespace stagecoach
