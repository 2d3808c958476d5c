#include "services/common/artifact/pages_ahead.h"

#include <sys/mman.h>

#include "services/common/base/helper_thread.h"

namespace stagecoach {
namespace {

// What is asked for at once, and so the longest that the destructor waits for.
constexpr size_t kPiece = size_t{8} << 20;

// Whether the pages are there now. Does not touch them: no signal tells of
// those that are gone.
bool Populate(absl::string_view piece) {
  return madvise(const_cast<char*>(piece.data()), piece.size(),
                 MADV_POPULATE_READ) == 0;
}

}  // namespace

PagesAhead::PagesAhead(absl::string_view mapped) : mapped_(mapped) {
  if (mapped.size() < kLeastBytes) return;
  thread_ = StartHelperThread([this] { Run(); });
}

PagesAhead::~PagesAhead() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void PagesAhead::Passed(size_t offset) {
  absl::MutexLock lock(&mutex_);
  passed_ = offset;
}

bool PagesAhead::NextIsDue() const {
  return stopped_ || next_ < passed_ + kBytesAhead;
}

void PagesAhead::Run() {
  for (;;) {
    absl::string_view piece;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &PagesAhead::NextIsDue));
      if (stopped_ || next_ >= mapped_.size()) return;
      piece = mapped_.substr(next_, kPiece);
      next_ += piece.size();
    }
    if (!Populate(piece)) return;
  }
}

}  // namespace stagecoach
