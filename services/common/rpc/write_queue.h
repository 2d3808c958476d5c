// Messages that wait for a slow reader, and which of them may be dropped.

#ifndef SERVICES_COMMON_RPC_WRITE_QUEUE_H_
#define SERVICES_COMMON_RPC_WRITE_QUEUE_H_

#include <deque>
#include <utility>

namespace stagecoach {

// What the reader must see of a kind of messages.
enum class Keep {
  kNewest,  // older ones may be dropped, e.g. progress
  kAll,     // each of them, e.g. a result or a durable event
};

// How many messages may wait, of each kind; at least 1.
struct WriteQueueLimits {
  int newest = 8;
  int all = 1024;
};

// First in, first out. When too many messages wait whose newest matter, the
// oldest of those is dropped.
//
// Threads: one at a time.
template <typename Message>
class WriteQueue {
 public:
  explicit WriteQueue(WriteQueueLimits limits) : limits_(limits) {}

  // False, and nothing done, if a message that must be kept has no room.
  bool Push(Message message, Keep keep) {
    if (keep == Keep::kAll) {
      if (waiting_all_ >= limits_.all) return false;
      ++waiting_all_;
    } else {
      if (waiting_newest_ >= limits_.newest) DropOldest();
      ++waiting_newest_;
    }
    entries_.push_back({std::move(message), keep});
    return true;
  }

  // Moves the first message out; false if there is none.
  bool Pop(Message& message) {
    if (entries_.empty()) return false;
    Entry& first = entries_.front();
    --(first.keep == Keep::kAll ? waiting_all_ : waiting_newest_);
    message = std::move(first.message);
    entries_.pop_front();
    return true;
  }

  void Clear() {
    entries_.clear();
    waiting_all_ = 0;
    waiting_newest_ = 0;
  }

  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    Message message;
    Keep keep;
  };

  void DropOldest() {
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (entry->keep == Keep::kAll) continue;
      entries_.erase(entry);
      --waiting_newest_;
      return;
    }
  }

  const WriteQueueLimits limits_;
  std::deque<Entry> entries_;
  int waiting_all_ = 0;
  int waiting_newest_ = 0;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_WRITE_QUEUE_H_
