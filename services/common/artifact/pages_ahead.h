// Has the pages of a mapped file put in place ahead of who reads it.

#ifndef SERVICES_COMMON_ARTIFACT_PAGES_AHEAD_H_
#define SERVICES_COMMON_ARTIFACT_PAGES_AHEAD_H_

#include <cstddef>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace stagecoach {

// For one that goes through mapped memory once, from its beginning, and has
// something to do with every byte: a thread waits meanwhile for the volume and
// for the kernel to enter the pages that come next (MADV_POPULATE_READ, Linux
// 5.14). Only a hint: where it cannot be had, each page is waited for when it
// is touched, and one that is gone is noticed then.
//
// Threads: one reader.
class PagesAhead {
 public:
  // Less is over before another thread has begun.
  static constexpr size_t kLeastBytes = size_t{16} << 20;
  // So much is in place before it is needed, and no more: pages that nobody
  // reads for long might have to go again.
  static constexpr size_t kBytesAhead = size_t{64} << 20;

  // `mapped`, which begins a mapping, must stay mapped until this ends.
  explicit PagesAhead(absl::string_view mapped);
  // Waits for the piece that is under way, if any.
  ~PagesAhead();
  PagesAhead(const PagesAhead&) = delete;
  PagesAhead& operator=(const PagesAhead&) = delete;

  // Everything before `offset` has been read.
  void Passed(size_t offset) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  bool NextIsDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::string_view mapped_;
  absl::Mutex mutex_;
  size_t passed_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;  // where the next piece begins
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_PAGES_AHEAD_H_
