// Hears what others notify of in a PostgreSQL database. Part of PostgresStore.

#ifndef ORCHESTRATOR_STORE_POSTGRES_LISTENER_H_
#define ORCHESTRATOR_STORE_POSTGRES_LISTENER_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace stagecoach {

// Has a connection and a thread of its own. Connects again, with growing
// pauses, for as long as it lives.
class PostgresListener {
 public:
  // From the listener's thread; must not block for long. An empty id: anything
  // may have changed, for one because nothing could be heard for a while.
  using Heard = std::function<void(absl::string_view run_id)>;

  PostgresListener(std::string url, absl::Duration timeout, Heard heard);
  // Returns once nothing is called any more.
  ~PostgresListener();
  PostgresListener(const PostgresListener&) = delete;
  PostgresListener& operator=(const PostgresListener&) = delete;

 private:
  void RunThread();
  // Listens until the connection is lost or the listener is to stop.
  absl::Status Listen();
  // Waits, but not longer than until the listener is to stop: whether it is.
  bool Pause(absl::Duration time) const;

  const std::string url_;
  const absl::Duration timeout_;
  const Heard heard_;
  // Can be read once the listener is to stop.
  const int stop_;
  std::thread thread_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_POSTGRES_LISTENER_H_
