// The events of a run as server-sent events (the EventSource of browsers,
// `curl -N`).

#ifndef ORCHESTRATOR_API_HTTP_EVENT_STREAM_H_
#define ORCHESTRATOR_API_HTTP_EVENT_STREAM_H_

#include <string>

#include "orchestrator/api/http/http_call.h"
#include "services/common/base/timer_queue.h"
#include "stagecoach/v1/orchestrator.grpc.pb.h"

namespace stagecoach {

// One event: `event: run|step|progress`, `data:` the RunEvent as JSON and, if
// it is durable, `id:` its cursor.
std::string FormatEvent(const v1::RunEvent& event);

// Answers with the events of run `run_id` after the cursor in the header
// Last-Event-ID or, without one, in the query parameter `after_cursor`, until
// the run has ended. A run that has ended and has no further event is answered
// with 204, which tells an EventSource not to come back. A comment every 15 s
// keeps the connection and finds out whether the client is still there.
//
// `orchestrator` and `timers` must outlive the exchange.
void StreamEvents(const HttpCall& call,
                  v1::Orchestrator::StubInterface& orchestrator,
                  TimerQueue& timers);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_EVENT_STREAM_H_
