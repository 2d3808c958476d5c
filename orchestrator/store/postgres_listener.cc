#include "orchestrator/store/postgres_listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "orchestrator/store/postgres_connection.h"
#include "services/common/base/backoff.h"
#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr BackoffOptions kReconnect = {.initial = absl::Milliseconds(100),
                                       .maximum = absl::Seconds(5)};

}  // namespace

PostgresListener::PostgresListener(std::string url, absl::Duration timeout,
                                   Heard heard)
    : url_(std::move(url)),
      timeout_(timeout),
      heard_(std::move(heard)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { RunThread(); }) {}

PostgresListener::~PostgresListener() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
}

bool PostgresListener::Pause(absl::Duration time) const {
  pollfd stop = {.fd = stop_, .events = POLLIN, .revents = 0};
  return poll(&stop, 1, static_cast<int>(absl::ToInt64Milliseconds(time))) != 0;
}

void PostgresListener::RunThread() {
  Backoff backoff(kReconnect);
  do {
    const absl::Status lost = Listen();
    if (lost.ok()) return;
    Log(LogLevel::kWarning, "changes of others are not heard",
        {{"error", lost}});
  } while (!Pause(backoff.Next()));
}

absl::Status PostgresListener::Listen() {
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<PostgresConnection> db,
                      PostgresConnection::Open(url_, timeout_));
  SC_RETURN_IF_ERROR(db->RunScript("LISTEN stagecoach"));
  heard_("");
  while (!Pause(absl::ZeroDuration())) {
    SC_ASSIGN_OR_RETURN(const std::vector<std::string> payloads,
                        db->AwaitNotices(stop_));
    for (const std::string& payload : payloads) {
      for (const absl::string_view run_id : absl::StrSplit(payload, ' ')) {
        heard_(run_id);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
