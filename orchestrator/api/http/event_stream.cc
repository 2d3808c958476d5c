#include "orchestrator/api/http/event_stream.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/api/http/http_errors.h"
#include "orchestrator/api/http/json_request.h"
#include "services/common/contract/states.h"
#include "services/common/rpc/client_paced_call.h"
#include "services/common/rpc/client_unary_call.h"

namespace stagecoach {
namespace {

constexpr absl::Duration kHeartbeat = absl::Seconds(15);
// What may wait for a slow client before we stop reading for it.
constexpr size_t kEnoughBytes = 64 << 10;
// How long an EventSource waits before it comes back.
constexpr absl::string_view kRetry = "retry: 1000\n\n";

absl::string_view KindOf(const v1::RunEvent& event) {
  if (event.has_run()) return "run";
  return event.has_step() ? "step" : "progress";
}

HttpResponse Headers() {
  HttpResponse response;
  response.content_type = "text/event-stream";
  response.headers = {{MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache"},
                      // Proxies must pass events on as they come.
                      {"X-Accel-Buffering", "no"}};
  return response;
}

// Watches a run for one client.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(std::shared_ptr<HttpExchange> exchange, TimerQueue& timers)
      : exchange_(std::move(exchange)), timers_(timers) {}

  // `live`: the run has not ended, so that the client may be answered before
  // its next event.
  void Start(v1::Orchestrator::StubInterface& orchestrator,
             const v1::WatchRunRequest& request, bool live) {
    if (live) Begin();
    auto call = Call::Start(
        kStreamTimeout,
        [&](auto* context, auto* reactor) {
          orchestrator.async()->WatchRun(context, &request, reactor);
        },
        [self = shared_from_this()](const std::shared_ptr<Call>& from,
                                    v1::WatchRunResponse& response) {
          self->OnEvent(from, response.event());
        },
        [self = shared_from_this()](const absl::Status& end) {
          self->OnEnd(end);
        });
    exchange_->OnClosed([self = shared_from_this(), call] {
      call->Cancel();
      self->StopHeartbeat();
    });
    ScheduleHeartbeat();
  }

 private:
  using Call = ClientPacedCall<v1::WatchRunResponse>;

  void Begin() {
    if (std::exchange(begun_, true)) return;
    exchange_->BeginStream(Headers(), std::nullopt);
    exchange_->Write(kRetry);
  }

  void OnEvent(const std::shared_ptr<Call>& call, const v1::RunEvent& event) {
    Begin();
    if (exchange_->Write(FormatEvent(event)) < kEnoughBytes) {
      call->ReadNext();
    } else {
      exchange_->OnDrained([call] { call->ReadNext(); });
    }
  }

  void OnEnd(const absl::Status& end) {
    StopHeartbeat();
    if (!begun_ && end.ok()) {
      HttpResponse nothing;
      nothing.status = MHD_HTTP_NO_CONTENT;
      nothing.content_type = "";
      exchange_->Answer(std::move(nothing));
    } else if (!begun_) {
      AnswerError(*exchange_, end);
    } else {
      if (!end.ok()) {
        exchange_->Write(
            absl::StrCat("event: error\ndata: ", ErrorBody(end), "\n"));
      }
      exchange_->Finish(/*whole=*/true);
    }
  }

  void ScheduleHeartbeat() {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    heartbeat_ = timers_.Schedule(kHeartbeat, [self = shared_from_this()] {
      self->exchange_->Write(": still here\n\n");
      self->ScheduleHeartbeat();
    });
  }

  void StopHeartbeat() {
    TimerQueue::TimerId timer;
    {
      absl::MutexLock lock(&mutex_);
      if (std::exchange(stopped_, true)) return;
      timer = heartbeat_;
    }
    timers_.Cancel(timer);
  }

  const std::shared_ptr<HttpExchange> exchange_;
  TimerQueue& timers_;
  // Touched before the call starts, and then by its callbacks.
  bool begun_ = false;

  absl::Mutex mutex_;
  TimerQueue::TimerId heartbeat_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

// The cursor that the client has seen last; false, and answered, if it makes no
// sense.
bool ReadCursor(const HttpCall& call, v1::WatchRunRequest& request) {
  if (!ReadRequest(call, "", "", request)) return false;
  const std::string last = call.exchange->request().header("last-event-id");
  int64_t cursor = 0;
  if (last.empty()) return true;
  if (!absl::SimpleAtoi(last, &cursor)) {
    AnswerError(*call.exchange,
                absl::InvalidArgumentError(absl::StrCat(
                    "Last-Event-ID is '", last, "'; it must be a cursor")));
    return false;
  }
  request.set_after_cursor(cursor);
  return true;
}

}  // namespace

std::string FormatEvent(const v1::RunEvent& event) {
  std::string text;
  if (event.cursor() > 0) absl::StrAppend(&text, "id: ", event.cursor(), "\n");
  absl::StrAppend(&text, "event: ", KindOf(event), "\ndata: ", JsonOf(event),
                  "\n\n");
  return text;
}

void StreamEvents(const HttpCall& call,
                  v1::Orchestrator::StubInterface& orchestrator,
                  TimerQueue& timers) {
  v1::WatchRunRequest watch;
  if (!ReadCursor(call, watch)) return;
  v1::GetRunRequest get;
  get.set_run_id(watch.run_id());
  CallUnary<v1::GetRunResponse>(
      kUnaryTimeout,
      [&](grpc::ClientContext* context, v1::GetRunResponse* response,
          std::function<void(grpc::Status)> done) {
        orchestrator.async()->GetRun(context, &get, response, std::move(done));
      },
      [exchange = call.exchange, &orchestrator, &timers,
       watch](absl::StatusOr<v1::GetRunResponse> found) {
        if (!found.ok()) {
          AnswerError(*exchange, found.status());
          return;
        }
        std::make_shared<EventStream>(exchange, timers)
            ->Start(orchestrator, watch, !IsTerminal(found->run().state()));
      });
}

}  // namespace stagecoach
