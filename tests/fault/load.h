// Callers that keep a system busy and see every run to its end, whoever dies
// meanwhile.

#ifndef TESTS_FAULT_LOAD_H_
#define TESTS_FAULT_LOAD_H_

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.grpc.pb.h"

namespace stagecoach {

// Threads: any, but Stop from one.
class Load {
 public:
  // `callers` at once create runs as `request` says, with keys of their own,
  // and watch them to their end. A call that ends because somebody died is made
  // again.
  Load(const std::string& orchestrator, v1::RunRequest request, int callers);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Waits until `more` further runs have ended; false if they do not within
  // `limit`.
  bool AwaitEnds(int more, absl::Duration limit) ABSL_LOCKS_EXCLUDED(mutex_);

  // Creates no further runs and waits for the end of those that are going on.
  void Stop();

  // After Stop: every run that was acknowledged, as its caller saw it end.
  const std::vector<v1::Run>& ended() const { return ended_; }

  // After Stop: calls that were made again.
  int repeated_calls() const { return repeated_calls_; }

  // After Stop: the longest time in which no run ended.
  absl::Duration longest_pause() const { return longest_pause_; }

  // After Stop: the first error that is no reason to call again; OK: none.
  const absl::Status& fault() const { return fault_; }

 private:
  class Caller;

  bool stopping() ABSL_LOCKS_EXCLUDED(mutex_);
  void Repeated() ABSL_LOCKS_EXCLUDED(mutex_);
  void Ended(v1::Run run) ABSL_LOCKS_EXCLUDED(mutex_);
  void Failed(const absl::Status& fault) ABSL_LOCKS_EXCLUDED(mutex_);

  std::vector<std::unique_ptr<Caller>> callers_;
  std::vector<std::thread> threads_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_end_ ABSL_GUARDED_BY(mutex_) = absl::Now();
  // Not guarded once Stop has returned.
  int repeated_calls_ = 0;
  absl::Duration longest_pause_;
  absl::Status fault_;
  std::vector<v1::Run> ended_;
};

// Every run in the store, by idempotency key; fails the test if a key has two.
std::map<std::string, std::string> RunsByKey(v1::Orchestrator::Stub& stub);

}  // namespace stagecoach

#endif  // TESTS_FAULT_LOAD_H_
