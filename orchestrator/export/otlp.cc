#include "orchestrator/export/otlp.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "services/common/base/trace_parent.h"
#include "services/common/base/version.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using Json = nlohmann::ordered_json;

// Of Span.SpanKind.
enum class Kind { kInternal = 1, kServer = 2, kClient = 3 };

// Of Status.StatusCode.
constexpr int kStatusOk = 1;
constexpr int kStatusError = 2;

Json Attribute(absl::string_view key, absl::string_view value) {
  return {{"key", std::string(key)},
          {"value", {{"stringValue", std::string(value)}}}};
}

Json Attribute(absl::string_view key, int64_t value) {
  // 64-bit numbers are strings in JSON.
  return {{"key", std::string(key)},
          {"value", {{"intValue", absl::StrCat(value)}}}};
}

struct Interval {
  absl::Time start;
  absl::Time end;
};

Json Span(absl::string_view trace_id, absl::string_view id,
          absl::string_view parent, absl::string_view name, Kind kind,
          const Interval& when) {
  Json span = {
      {"traceId", std::string(trace_id)},
      {"spanId", std::string(id)},
      {"name", std::string(name)},
      {"kind", static_cast<int>(kind)},
      {"startTimeUnixNano", absl::StrCat(absl::ToUnixNanos(when.start))},
      {"endTimeUnixNano",
       absl::StrCat(absl::ToUnixNanos(std::max(when.start, when.end)))},
      {"attributes", Json::array()}};
  if (!parent.empty()) span["parentSpanId"] = std::string(parent);
  return span;
}

void SetStatus(bool ok, const v1::Error& error, Json& span) {
  span["status"] = {{"code", ok ? kStatusOk : kStatusError}};
  if (ok) return;
  span["status"]["message"] = error.message();
  span["attributes"].push_back(
      Attribute("error.type", v1::ErrorCode_Name(error.code())));
}

std::string Text(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The spans of one process.
std::string ResourceSpans(absl::string_view service, absl::string_view instance,
                          Json spans) {
  Json attributes = Json::array();
  attributes.push_back(Attribute("service.name", service));
  attributes.push_back(Attribute("service.namespace", "stagecoach"));
  if (instance.empty()) {
    attributes.push_back(Attribute("service.version", Version()));
  } else {
    attributes.push_back(Attribute("service.instance.id", instance));
  }
  Json scope = {
      {"scope", {{"name", "stagecoach"}, {"version", std::string(Version())}}},
      {"spans", std::move(spans)}};
  return Text({{"resource", {{"attributes", std::move(attributes)}}},
               {"scopeSpans", Json::array({std::move(scope)})}});
}

// The trace to which the run belongs, if that is recorded.
std::optional<TraceParent> RecordedTrace(const v1::Run& run) {
  std::optional<TraceParent> trace = ParseTraceParent(run.trace_parent());
  if (!trace.has_value() || !IsRecorded(*trace)) return std::nullopt;
  return trace;
}

// The span of the call that created a run: known from the run's own, so that
// nobody has to keep it.
std::string CallSpanId(const TraceParent& trace) {
  return ChildSpanId(trace.span_id, "call");
}

// Makes the spans of one run.
class RunSpans {
 public:
  RunSpans(const v1::Run& run, TraceParent trace)
      : run_(run), trace_(std::move(trace)) {}

  std::vector<std::string> Make() && {
    AddRun();
    for (const v1::Step& step : run_.steps()) AddStep(step);
    std::vector<std::string> all = {
        ResourceSpans("stagecoach-orchestrator", "", std::move(own_))};
    for (auto& [replica, spans] : of_replicas_) {
      all.push_back(ResourceSpans(absl::StrCat("stagecoach-", replica.first),
                                  replica.second, std::move(spans)));
    }
    return all;
  }

 private:
  void AddRun() {
    Json span = Span(
        trace_.trace_id, trace_.span_id, CallSpanId(trace_),
        absl::StrCat("run ", run_.pipeline_name()), Kind::kInternal,
        {FromTimestamp(run_.create_time()), FromTimestamp(run_.end_time())});
    span["attributes"].push_back(Attribute("stagecoach.run", run_.id()));
    span["attributes"].push_back(
        Attribute("stagecoach.pipeline", run_.pipeline_name()));
    span["attributes"].push_back(
        Attribute("stagecoach.state", v1::RunState_Name(run_.state())));
    SetStatus(run_.state() == v1::RUN_STATE_SUCCEEDED, run_.error(), span);
    own_.push_back(std::move(span));
  }

  void AddStep(const v1::Step& step) {
    if (!step.has_ready_time()) return;  // taken over, or never its turn
    absl::Time waits_from = FromTimestamp(step.ready_time());
    for (const v1::Attempt& attempt : step.attempts()) {
      const absl::Time start = FromTimestamp(attempt.start_time());
      if (waits_from < start) AddWait(step, attempt, {waits_from, start});
      AddAttempt(step, attempt);
      waits_from = FromTimestamp(attempt.end_time());
    }
  }

  std::string ExecutionId(const v1::Step& step,
                          const v1::Attempt& attempt) const {
    return absl::StrCat(run_.id(), "/", step.name(), "/", attempt.number());
  }

  void AddWait(const v1::Step& step, const v1::Attempt& attempt,
               const Interval& when) {
    const std::string id = ChildSpanId(
        trace_.span_id, absl::StrCat("wait ", ExecutionId(step, attempt)));
    Json span = Span(trace_.trace_id, id, trace_.span_id,
                     absl::StrCat("wait ", step.name()), Kind::kInternal, when);
    own_.push_back(std::move(span));
  }

  void AddAttempt(const v1::Step& step, const v1::Attempt& attempt) {
    const std::string execution = ExecutionId(step, attempt);
    const std::string id = ChildSpanId(trace_.span_id, execution);
    Json span =
        Span(trace_.trace_id, id, trace_.span_id,
             absl::StrCat(step.name(), "/", attempt.number()), Kind::kClient,
             {FromTimestamp(attempt.start_time()),
              FromTimestamp(attempt.end_time())});
    Json& attributes = span["attributes"];
    attributes.push_back(Attribute("stagecoach.run", run_.id()));
    attributes.push_back(Attribute("stagecoach.step", step.name()));
    attributes.push_back(Attribute("stagecoach.stage", step.stage()));
    attributes.push_back(Attribute("stagecoach.attempt", attempt.number()));
    attributes.push_back(Attribute("server.address", attempt.replica()));
    SetStatus(attempt.state() == v1::ATTEMPT_STATE_SUCCEEDED, attempt.error(),
              span);
    own_.push_back(std::move(span));
    if (attempt.has_times()) AddExecution(step, attempt, id);
  }

  // What the replica did, as its answer tells: lengths, but no points in time.
  // Half of the way is there and half is back, as far as anybody knows.
  void AddExecution(const v1::Step& step, const v1::Attempt& attempt,
                    const std::string& attempt_id) {
    absl::Time at = FromTimestamp(attempt.start_time()) +
                    FromProtoDuration(attempt.dispatch()) / 2;
    const std::pair<const char*, absl::Duration> phases[] = {
        {"queue", FromProtoDuration(attempt.times().queue())},
        {"read", FromProtoDuration(attempt.times().read())},
        {"compute", FromProtoDuration(attempt.times().compute())},
        {"write", FromProtoDuration(attempt.times().write())}};
    Json& spans = of_replicas_[{step.stage(), attempt.replica()}];
    const std::string id = ChildSpanId(attempt_id, "execution");
    Interval whole = {at, at};
    for (const auto& [name, length] : phases) {
      if (length <= absl::ZeroDuration()) continue;
      spans.push_back(Span(trace_.trace_id, ChildSpanId(id, name), id, name,
                           Kind::kInternal, {at, at + length}));
      at += length;
    }
    whole.end = at;
    Json span =
        Span(trace_.trace_id, id, attempt_id,
             absl::StrCat("execute ", step.stage()), Kind::kServer, whole);
    span["attributes"].push_back(
        Attribute("stagecoach.build", attempt.build_id()));
    spans.push_back(std::move(span));
  }

  const v1::Run& run_;
  const TraceParent trace_;
  Json own_ = Json::array();
  // By stage and address.
  std::map<std::pair<std::string, std::string>, Json> of_replicas_;
};

}  // namespace

std::vector<std::string> SpansOfRun(const v1::Run& run) {
  std::optional<TraceParent> trace = RecordedTrace(run);
  if (!trace.has_value()) return {};
  return RunSpans(run, *std::move(trace)).Make();
}

std::vector<std::string> SpanOfCall(absl::string_view name,
                                    absl::string_view caller,
                                    const v1::Run& run, absl::Time start,
                                    absl::Time end) {
  const std::optional<TraceParent> trace = RecordedTrace(run);
  if (!trace.has_value()) return {};
  const std::optional<TraceParent> parent = ParseTraceParent(caller);
  Json span = Span(trace->trace_id, CallSpanId(*trace),
                   parent.has_value() ? parent->span_id : "",
                   absl::StrCat("stagecoach.v1.Orchestrator/", name),
                   Kind::kServer, {start, end});
  span["attributes"].push_back(Attribute("stagecoach.run", run.id()));
  return {ResourceSpans("stagecoach-orchestrator", "",
                        Json::array({std::move(span)}))};
}

std::string TraceExportRequest(const std::vector<std::string>& resource_spans) {
  return absl::StrCat("{\"resourceSpans\":[",
                      absl::StrJoin(resource_spans, ","), "]}");
}

}  // namespace stagecoach
