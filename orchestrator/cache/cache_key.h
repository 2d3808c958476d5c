// What the result of a step depends on, and its digest: the key under which
// equal work is found again. Pure: no I/O, no clock.

#ifndef ORCHESTRATOR_CACHE_CACHE_KEY_H_
#define ORCHESTRATOR_CACHE_CACHE_KEY_H_

#include <map>
#include <string>

#include "services/common/contract/parameters.h"
#include "stagecoach/v1/orchestrator.pb.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// SHA-256 of the content of each input, by name.
using InputDigests = std::map<std::string, std::string>;

// The key and its parts; nothing else of the look-up is set. Two steps have
// one key exactly if stage, build, every parameter (defaults filled in) and
// the content of every input are the same.
v1::CacheLookup MakeCacheKey(const v1::StageDescription& stage,
                             const ResolvedParameters& parameters,
                             const InputDigests& inputs);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CACHE_CACHE_KEY_H_
