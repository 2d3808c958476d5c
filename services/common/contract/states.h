// Which states are never left.

#ifndef SERVICES_COMMON_CONTRACT_STATES_H_
#define SERVICES_COMMON_CONTRACT_STATES_H_

#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

inline bool IsTerminal(v1::RunState state) {
  return state == v1::RUN_STATE_SUCCEEDED || state == v1::RUN_STATE_FAILED ||
         state == v1::RUN_STATE_CANCELLED;
}

inline bool IsTerminal(v1::StepState state) {
  return state == v1::STEP_STATE_SUCCEEDED || state == v1::STEP_STATE_FAILED ||
         state == v1::STEP_STATE_CANCELLED || state == v1::STEP_STATE_SKIPPED;
}

}  // namespace stagecoach

#endif  // SERVICES_COMMON_CONTRACT_STATES_H_
