// Named points in the life of a run at which a test kills the orchestrator.

#ifndef ORCHESTRATOR_ENGINE_CRASH_POINT_H_
#define ORCHESTRATOR_ENGINE_CRASH_POINT_H_

#include "absl/strings/string_view.h"

namespace stagecoach {

// Between any two of them the orchestrator tells somebody something, or makes
// something durable.
enum class CrashPoint {
  kSubmitted,        // a run was handed over, nothing is stored
  kBeforeCommit,     // changes are decided, not stored
  kAfterCommit,      // they are stored, nobody knows
  kEventsPublished,  // callers, stages and watchers know
  kBeforeAnswer,     // what a caller wants is stored, it is not told
  kAfterAnswer,      // it is told
  kBeforeCall,       // an attempt is stored, its stage is not called
  kAfterCall,        // its stage is called
  kResultReceived,   // an attempt has ended, that is not stored
  kBeforeCancel,     // a cancellation is stored, the stage is not told
  kAfterCancel,      // the stage is told
  kRunEnded,         // the end of a run is stored, the run still in memory
  kBeforeDeletion,   // a run is to be deleted
  kAfterDeletion,    // it is deleted, its caller is not told
  kRunsRead,         // recovery has read what had not ended
  kRecovered,        // it has taken that up, nothing goes on yet
  kStopping,         // the process was told to stop
};
inline constexpr int kCrashPoints = 17;

// E.g. `before-commit`.
absl::string_view CrashPointName(CrashPoint point);

// Ends the process as kill -9 does if the environment's STAGECOACH_CRASH_AT
// says `<name>:<n>` and this is the n-th time that the point is passed. Only in
// builds with tests; otherwise nothing.
//
// Threads: any.
#ifdef STAGECOACH_CRASH_POINTS
void PassCrashPoint(CrashPoint point);
#else
inline void PassCrashPoint(CrashPoint /*point*/) {}
#endif

}  // namespace stagecoach

#endif  // ORCHESTRATOR_ENGINE_CRASH_POINT_H_
