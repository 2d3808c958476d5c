// The identity of a specification.

#ifndef ORCHESTRATOR_PIPELINE_DIGEST_H_
#define ORCHESTRATOR_PIPELINE_DIGEST_H_

#include <string>

#include "stagecoach/v1/pipeline.pb.h"

namespace stagecoach {

// SHA-256, 64 lower-case hexadecimal digits, of everything in `pipeline` but
// its version and digest. Equal specifications have equal digests, however
// their YAML was laid out.
std::string PipelineDigest(const v1::Pipeline& pipeline);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_DIGEST_H_
