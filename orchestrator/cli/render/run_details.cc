#include "orchestrator/cli/render/run_details.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/render/explanation.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/progress.h"
#include "orchestrator/cli/render/run_report.h"
#include "orchestrator/cli/render/run_view.h"
#include "orchestrator/cli/render/run_words.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/contract/proto_time.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

std::string StepsDone(const v1::Run& run) {
  int done = 0;
  for (const v1::Step& step : run.steps()) {
    if (step.state() == v1::STEP_STATE_SUCCEEDED) ++done;
  }
  return absl::StrCat(done, "/", run.steps_size());
}

// A table of names and what they are.
class Fields {
 public:
  Fields() : table_({{""}, {"", Align::kLeft, Overflow::kWrap}}) {}

  void Add(absl::string_view name, std::string value, Tone tone) {
    if (value.empty()) return;
    table_.AddRow({{std::string(name), Tone::kFaint}, {value, tone}});
  }
  void Add(absl::string_view name, std::string value) {
    Add(name, std::move(value), Tone::kPlain);
  }
  std::string Render(const Layout& layout) const {
    return table_.Render(layout);
  }

 private:
  Table table_;
};

std::string FormatParameters(const v1::Run& run) {
  std::vector<std::string> parts;
  const std::map<std::string, v1::ParameterValue> sorted(
      run.parameters().begin(), run.parameters().end());
  for (const auto& [name, value] : sorted) {
    parts.push_back(absl::StrCat(name, "=", ParameterValueText(value)));
  }
  return Printable(absl::StrJoin(parts, " "));
}

void AddInputs(const v1::Run& run, Fields& fields) {
  const std::map<std::string, v1::Artifact> sorted(run.inputs().begin(),
                                                   run.inputs().end());
  std::string label = "inputs";
  for (const auto& [name, artifact] : sorted) {
    fields.Add(label, Printable(absl::StrCat(name, "=", artifact.uri())));
    label.clear();
  }
}

// Empty if each step decides.
std::string CacheModeWord(v1::CacheMode mode) {
  if (mode == v1::CACHE_MODE_UNSPECIFIED) return "";
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::CacheMode_Name(mode), "CACHE_MODE_"));
}

std::string Head(const v1::Run& run, absl::Time now, absl::TimeZone zone,
                 const Layout& layout) {
  Fields fields;
  fields.Add("run", Printable(run.id()), Tone::kStrong);
  fields.Add("state", StateWord(run.state()), StateTone(run.state()));
  const std::string version =
      run.pipeline().version() > 0
          ? absl::StrCat(" (version ", run.pipeline().version(), ")")
          : "";
  fields.Add("pipeline", Printable(run.pipeline_name()) + version);
  fields.Add("retry of", Printable(run.retry_of()));
  const absl::Time created = FromTimestamp(run.create_time());
  fields.Add("created", absl::StrCat(TimeText(created, zone), " (",
                                     AgeText(now - created), ")"));
  std::string time = DurationText(RunTime(run, now));
  if (run.has_times()) {
    absl::StrAppend(&time, ": ", RunTimesText(run.times()));
  }
  fields.Add("time", std::move(time));
  fields.Add("parameters", FormatParameters(run));
  AddInputs(run, fields);
  fields.Add("cache", CacheModeWord(run.cache_mode()));
  fields.Add("priority",
             run.priority() == 0 ? "" : absl::StrCat(run.priority()));
  fields.Add("key", Printable(run.idempotency_key()));
  if (run.has_error()) {
    fields.Add("error", ErrorText(run.error()), Tone::kBad);
  }
  return fields.Render(layout);
}

std::string StepNote(const v1::Step& step) {
  const v1::CacheLookup& cache = step.cache();
  if (cache.outcome() == v1::CACHE_OUTCOME_HIT ||
      cache.outcome() == v1::CACHE_OUTCOME_JOINED) {
    return Printable(absl::StrCat("cache ", CacheWord(cache.outcome()), ": ",
                                  cache.run_id(), "/", cache.step()));
  }
  if (!step.reused_from_run().empty()) {
    return Printable(absl::StrCat("taken over from ", step.reused_from_run()));
  }
  if (step.state() == v1::STEP_STATE_RUNNING && step.has_progress()) {
    std::vector<std::string> parts = MetricsText(step.progress().metrics());
    parts.insert(parts.begin(), UnitsText(step.progress()));
    return absl::StrJoin(parts, "  ");
  }
  const v1::Attempt* attempt = LastAttempt(step);
  if (attempt == nullptr) return "";
  return absl::StrJoin(MetricsText(attempt->metrics()), "  ");
}

std::string Steps(const v1::Run& run, absl::Time now, const Layout& layout) {
  Table table({{"STEP"},
               {"STAGE"},
               {"STATE"},
               {"ATTEMPTS", Align::kRight},
               {"TIME", Align::kRight},
               {"ARTIFACTS", Align::kRight},
               {"VALUES", Align::kLeft, Overflow::kCut}});
  for (const v1::Step& step : run.steps()) {
    const std::optional<absl::Duration> time = AttemptTime(step, now);
    table.AddRow({{Printable(step.name())},
                  {Printable(step.stage())},
                  StateSpan(step.state()),
                  {absl::StrCat(step.attempts_size())},
                  {time ? DurationText(*time) : "-"},
                  {absl::StrCat(step.outputs_size())},
                  {StepNote(step), Tone::kFaint}});
  }
  return "\n" + table.Render(layout);
}

void AddAttempt(const v1::Step& step, const v1::Attempt& attempt,
                Table& table) {
  const auto phase = [&attempt](const google::protobuf::Duration& duration) {
    if (!attempt.has_times()) return Span{"-"};
    return Span{DurationText(FromProtoDuration(duration))};
  };
  table.AddRow({{absl::StrCat(Printable(step.name()), "/", attempt.number())},
                StateSpan(attempt.state()),
                {Printable(attempt.replica())},
                attempt.has_dispatch() ? phase(attempt.dispatch()) : Span{"-"},
                phase(attempt.times().queue()),
                phase(attempt.times().read()),
                phase(attempt.times().compute()),
                phase(attempt.times().write())});
}

std::string Attempts(const v1::Run& run, const Layout& layout) {
  Table table({{"ATTEMPT"},
               {"STATE"},
               {"REPLICA", Align::kLeft, Overflow::kCut},
               {"DISPATCH", Align::kRight},
               {"QUEUE", Align::kRight},
               {"READ", Align::kRight},
               {"COMPUTE", Align::kRight},
               {"WRITE", Align::kRight}});
  std::string errors;
  for (const v1::Step& step : run.steps()) {
    for (const v1::Attempt& attempt : step.attempts()) {
      AddAttempt(step, attempt, table);
      if (!attempt.has_error()) continue;
      absl::StrAppend(
          &errors, Printable(step.name()), "/", attempt.number(), " ",
          Paint(layout, Tone::kBad, ErrorText(attempt.error())), "\n");
    }
  }
  if (table.empty()) return "";
  return absl::StrCat("\n", table.Render(layout), errors.empty() ? "" : "\n",
                      errors);
}

std::string Outputs(const v1::Run& run, const Layout& layout) {
  Table table({{"OUTPUT"}, {"SHAPE"}, {"URI"}});
  const std::map<std::string, v1::Artifact> sorted(run.outputs().begin(),
                                                   run.outputs().end());
  for (const auto& [name, artifact] : sorted) {
    table.AddRow({{Printable(name)},
                  {ArtifactKindText(artifact), Tone::kFaint},
                  {Printable(artifact.uri())}});
  }
  return table.empty() ? "" : "\n" + table.Render(layout);
}

}  // namespace

std::string RenderRunList(absl::Span<const v1::Run> runs, absl::Time now,
                          const Layout& layout) {
  Table table({{"RUN"},
               {"PIPELINE", Align::kLeft, Overflow::kCut},
               {"STATE"},
               {"STEPS", Align::kRight},
               {"CREATED"},
               {"TIME", Align::kRight}});
  for (const v1::Run& run : runs) {
    table.AddRow({{Printable(run.id())},
                  {Printable(run.pipeline_name())},
                  StateSpan(run.state()),
                  {StepsDone(run)},
                  {AgeText(now - FromTimestamp(run.create_time()))},
                  {DurationText(RunTime(run, now))}});
  }
  return table.Render(layout);
}

std::string RenderRunDetails(const v1::Run& run, absl::Time now,
                             absl::TimeZone zone, const Layout& layout) {
  return absl::StrCat(Head(run, now, zone, layout), Steps(run, now, layout),
                      Attempts(run, layout), Outputs(run, layout));
}

}  // namespace stagecoach
