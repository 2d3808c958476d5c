#include "orchestrator/cli/render/trace.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/render/run_words.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kProcess = 1;
constexpr int kRunTrack = 1;

class Trace {
 public:
  // Times are told from `start` on: a day's microseconds keep their
  // fractions, those since 1970 do not.
  explicit Trace(absl::Time start) : start_(start) {}

  void NameTrack(int track, const std::string& name) {
    AddMetadata("thread_name", track, {{"name", name}});
    AddMetadata("thread_sort_index", track, {{"sort_index", track}});
  }
  void NameProcess(const std::string& name) {
    AddMetadata("process_name", 0, {{"name", name}});
  }

  void AddSlice(int track, const std::string& name, absl::Time from,
                absl::Duration length, Json arguments) {
    Json event = {{"name", name},
                  {"ph", "X"},
                  {"pid", kProcess},
                  {"tid", track},
                  {"ts", absl::ToDoubleMicroseconds(from - start_)},
                  {"dur", absl::ToDoubleMicroseconds(
                              std::max(length, absl::ZeroDuration()))}};
    if (!arguments.empty()) event["args"] = std::move(arguments);
    events_.push_back(std::move(event));
  }

  std::string Text(Json about) && {
    const Json document = {{"displayTimeUnit", "ms"},
                           {"otherData", std::move(about)},
                           {"traceEvents", std::move(events_)}};
    return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

 private:
  void AddMetadata(const char* what, int track, Json arguments) {
    events_.push_back({{"name", what},
                       {"ph", "M"},
                       {"pid", kProcess},
                       {"tid", track},
                       {"args", std::move(arguments)}});
  }

  const absl::Time start_;
  Json events_ = Json::array();
};

void AddPhases(const v1::Attempt& attempt, int track, absl::Time from,
               Trace& trace) {
  if (!attempt.has_times()) return;
  // Half of the way is there and half is back, as far as anybody knows.
  absl::Time at = from + FromProtoDuration(attempt.dispatch()) / 2;
  const auto add = [&](const char* name,
                       const google::protobuf::Duration& phase) {
    const absl::Duration length = FromProtoDuration(phase);
    if (length <= absl::ZeroDuration()) return;
    trace.AddSlice(track, name, at, length, {});
    at += length;
  };
  add("queue", attempt.times().queue());
  add("read", attempt.times().read());
  add("compute", attempt.times().compute());
  add("write", attempt.times().write());
}

Json AttemptArguments(const v1::Attempt& attempt) {
  Json arguments = {{"state", StateWord(attempt.state())},
                    {"replica", attempt.replica()},
                    {"build", attempt.build_id()}};
  if (attempt.has_error()) arguments["error"] = ErrorText(attempt.error());
  const std::map<std::string, double> sorted(attempt.metrics().begin(),
                                             attempt.metrics().end());
  for (const auto& [name, value] : sorted) arguments[name] = value;
  return arguments;
}

void AddStep(const v1::Step& step, int track, absl::Time now, Trace& trace) {
  trace.NameTrack(track, step.name());
  // A step that was taken over from another run did nothing in this one.
  if (!step.reused_from_run().empty()) return;
  absl::Time waits_from = step.has_ready_time()
                              ? FromTimestamp(step.ready_time())
                              : absl::InfiniteFuture();
  for (const v1::Attempt& attempt : step.attempts()) {
    const absl::Time start = FromTimestamp(attempt.start_time());
    const absl::Time end =
        attempt.has_end_time() ? FromTimestamp(attempt.end_time()) : now;
    if (waits_from < start) {
      trace.AddSlice(track, "waiting", waits_from, start - waits_from, {});
    }
    trace.AddSlice(track, absl::StrCat(step.name(), "/", attempt.number()),
                   start, end - start, AttemptArguments(attempt));
    AddPhases(attempt, track, start, trace);
    waits_from = end;
  }
}

Json RunArguments(const v1::Run& run) {
  Json arguments = {{"state", StateWord(run.state())}};
  const std::map<std::string, v1::ParameterValue> sorted(
      run.parameters().begin(), run.parameters().end());
  for (const auto& [name, value] : sorted) {
    arguments[name] = ParameterValueText(value);
  }
  if (run.has_error()) arguments["error"] = ErrorText(run.error());
  return arguments;
}

}  // namespace

std::string ChromeTrace(const v1::Run& run, absl::Time now) {
  const absl::Time start = FromTimestamp(run.create_time());
  const absl::Time end =
      run.has_end_time() ? FromTimestamp(run.end_time()) : now;
  Trace trace(start);
  trace.NameProcess(absl::StrCat("run ", run.id()));
  trace.NameTrack(kRunTrack, absl::StrCat("pipeline ", run.pipeline_name()));
  trace.AddSlice(kRunTrack, run.id(), start, end - start, RunArguments(run));
  int track = kRunTrack;
  for (const v1::Step& step : run.steps()) AddStep(step, ++track, now, trace);
  return std::move(trace).Text(
      {{"run", run.id()},
       {"pipeline", run.pipeline_name()},
       {"created",
        absl::FormatTime(absl::RFC3339_full, start, absl::UTCTimeZone())}});
}

}  // namespace stagecoach
