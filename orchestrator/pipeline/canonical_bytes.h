// Messages as bytes to digest.

#ifndef ORCHESTRATOR_PIPELINE_CANONICAL_BYTES_H_
#define ORCHESTRATOR_PIPELINE_CANONICAL_BYTES_H_

#include <string>

#include "google/protobuf/message_lite.h"

namespace stagecoach {

// `message` serialised with maps in the order of their keys: equal messages
// have equal bytes.
std::string CanonicalBytes(const google::protobuf::MessageLite& message);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_CANONICAL_BYTES_H_
