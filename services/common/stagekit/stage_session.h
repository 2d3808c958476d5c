// One stream of SessionService.ExecuteMany: its calls, and what they are yet to
// be told.

#ifndef SERVICES_COMMON_STAGEKIT_STAGE_SESSION_H_
#define SERVICES_COMMON_STAGEKIT_STAGE_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/common/rpc/duplex_stream.h"
#include "services/common/stagekit/execution.h"
#include "services/common/stagekit/stage_service.h"
#include "stagecoach/v1/session.pb.h"

namespace stagecoach {

// For each call at most the newest report and the end wait for a slow reader.
//
// Threads:   every method may be called from any thread; no lock is held when
//            others are called.
// Ownership: shared by the stream, which holds it until it has ended, and the
//            executions that it watches. `stage` must outlive the stream.
class StageSession : public std::enable_shared_from_this<StageSession> {
 public:
  using Stream = DuplexStream<v1::ExecuteManyRequest, v1::ExecuteManyResponse>;

  StageSession(StageService& stage, std::shared_ptr<Stream> stream)
      : stage_(stage), stream_(std::move(stream)) {}

  // Begins to read; once.
  void Start();

  // Ends the stream as `end` once every open call has been told its end. The
  // first wish counts.
  void Close(absl::Status end);

 private:
  class Watcher;
  struct Call {
    // Null while it is being made, and of one that was refused.
    std::shared_ptr<Execution> execution;
    const ExecutionWatcher* watcher = nullptr;
    // What it is yet to be told.
    std::optional<v1::Progress> progress;
    std::optional<ExecutionEnd> end;
    bool waiting = false;  // whether it stands in `waiting_`
  };

  void OnMessage(const v1::ExecuteManyRequest& message);
  bool Next(v1::ExecuteManyResponse& message);
  // Lets go of every execution, as the end of a stream of Execute's does.
  void Abandon();

  void Make(const v1::SessionCall& call);
  // Adds a call; false if its id is that of an open one.
  bool Add(uint64_t id, const ExecutionWatcher* watcher);
  void Report(uint64_t id, const v1::Progress& progress);
  void End(uint64_t id, const ExecutionEnd& end);
  // Adds what a call is to be told; its size in bytes.
  size_t TellLocked(uint64_t id, v1::ExecuteManyResponse& message)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AwaitTurnLocked(uint64_t id, Call& call)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  StageService& stage_;
  const std::shared_ptr<Stream> stream_;

  absl::Mutex mutex_;
  absl::flat_hash_map<uint64_t, Call> calls_ ABSL_GUARDED_BY(mutex_);
  // Those that are to be told something, in the order in which it came.
  std::deque<uint64_t> waiting_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> close_ ABSL_GUARDED_BY(mutex_);
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_STAGE_SESSION_H_
