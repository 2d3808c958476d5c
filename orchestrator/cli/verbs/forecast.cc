#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/client/forecast_client.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/moments.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/forecast_view.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/preview.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/artifact_choice.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr char kStage[] = "forecast";
constexpr int64_t kMostBytes = 16 << 20;
constexpr int kDigits = 6;
// Loading a large model takes longer than a look-up.
constexpr absl::Duration kPredictTimeout = absl::Seconds(60);

struct ForecastFlags {
  std::string first;  // a run, or a model's URI
  std::string values;
  std::string last_timestamp;
  int steps = 0;  // 0: as many as the model forecasts at once
};

// The last artifact of `type` among those of a run; null if there is none.
const v1::Artifact* FindLast(const v1::Run& run, v1::ArtifactType type) {
  const v1::Artifact* found = nullptr;
  for (const v1::Step& step : run.steps()) {
    for (const v1::Artifact& artifact : step.outputs()) {
      if (artifact.type() == type) found = &artifact;
    }
  }
  return found;
}

// The table that the forecast stage wrote in `run`, if it did.
absl::StatusOr<std::optional<std::vector<ForecastRow>>> FindTable(
    OrchestratorClient& client, const v1::Run& run) {
  for (const v1::Step& step : run.steps()) {
    if (step.stage() != kStage) continue;
    for (const v1::Artifact& artifact : step.outputs()) {
      if (artifact.type() != v1::ARTIFACT_TYPE_TABLE) continue;
      SC_ASSIGN_OR_RETURN(const std::string csv,
                          ReadBeginning(client, artifact.uri(), kMostBytes));
      if (auto rows = ParseForecast(csv)) return rows;
    }
  }
  return std::nullopt;
}

nlohmann::ordered_json ToDocument(const std::string& run_id,
                                  const std::vector<ForecastRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ForecastRow& row : rows) {
    // What is not a number is null in JSON.
    list.push_back({{"label", row.label},
                    {"actual", row.actual},
                    {"fit", row.fit},
                    {"forecast", row.forecast},
                    {"lower", row.lower},
                    {"upper", row.upper}});
  }
  return {{"run", run_id}, {"rows", std::move(list)}};
}

// A run that wrote no table has its forecast as a tensor alone.
absl::StatusOr<ExitCode> ShowTensor(Context& context,
                                    OrchestratorClient& client,
                                    const v1::Run& run) {
  const v1::Artifact* tensor = nullptr;
  for (const v1::Step& step : run.steps()) {
    if (step.stage() != kStage) continue;
    for (const v1::Artifact& artifact : step.outputs()) {
      if (HoldsTensors(artifact.type())) tensor = &artifact;
    }
  }
  if (tensor == nullptr) {
    return absl::NotFoundError(absl::StrCat(
        "run ", run.id(), " has no forecast; see 'stagecoach artifacts list ",
        run.id(), "'"));
  }
  SC_ASSIGN_OR_RETURN(const std::string bytes,
                      ReadBeginning(client, tensor->uri(), kMostBytes));
  SC_ASSIGN_OR_RETURN(const std::string line, PreviewLine(*tensor, bytes));
  if (PrintedForPrograms(context, {{"run", run.id()},
                                   {"artifact", tensor->name()},
                                   {"values", line}})) {
    return ExitCode::kOk;
  }
  context.console.Out(
      absl::StrCat(Printable(tensor->name()), "  ", line, "\n"));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ShowForecast(Context& context,
                                      OrchestratorClient& client,
                                      const v1::Run& run) {
  SC_ASSIGN_OR_RETURN(const std::optional<std::vector<ForecastRow>> rows,
                      FindTable(client, run));
  if (!rows.has_value()) return ShowTensor(context, client, run);
  if (PrintedForPrograms(context, ToDocument(run.id(), *rows))) {
    return ExitCode::kOk;
  }
  context.console.Out(RenderForecast(*rows, OutLayout(context.console)));
  return ExitCode::kOk;
}

// The numbers in `text`, with commas or spaces between them.
absl::Status ParseValues(const std::string& text, v1::PredictRequest& request) {
  for (const absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(", \t\n"), absl::SkipEmpty())) {
    double value = 0;
    if (!absl::SimpleAtod(word, &value)) {
      return UsageError(absl::StrCat("--values: '", word,
                                     "' is not a number; give numbers with "
                                     "commas between, such as 508,461,390"));
    }
    request.add_values(value);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::PredictRequest> MakeRequest(const ForecastFlags& flags,
                                               Context& context,
                                               OrchestratorClient& client) {
  v1::PredictRequest request;
  SC_RETURN_IF_ERROR(ParseValues(flags.values, request));
  request.set_steps(flags.steps);
  if (!flags.last_timestamp.empty()) {
    const absl::StatusOr<absl::Time> time = ParseMoment(
        flags.last_timestamp, context.clock.Now(), absl::UTCTimeZone());
    if (!time.ok()) {
      return AsUsageError(WithContext(time.status(), "--last-timestamp"));
    }
    *request.mutable_last_timestamp() = ToTimestamp(*time);
  }
  if (IsUri(flags.first)) {
    request.set_model_uri(flags.first);
    return request;
  }
  SC_ASSIGN_OR_RETURN(const v1::Run run, FetchRun(client, flags.first));
  const v1::Artifact* weights = FindLast(run, v1::ARTIFACT_TYPE_WEIGHTS);
  if (weights == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("run ", run.id(), " has no trained model"));
  }
  request.set_model_uri(weights->uri());
  request.set_model_sha256(weights->sha256());
  return request;
}

// The serving replica of the forecast stage with the most free slots.
absl::StatusOr<std::string> FindReplica(OrchestratorClient& client) {
  SC_ASSIGN_OR_RETURN(const v1::ListStagesResponse list,
                      client.ListStages(v1::ListStagesRequest()));
  const v1::ReplicaStatus* best = nullptr;
  for (const v1::StageStatus& stage : list.stages()) {
    if (stage.name() != kStage) continue;
    for (const v1::ReplicaStatus& replica : stage.replicas()) {
      if (!replica.serving()) continue;
      const int free = replica.slots() - replica.slots_used();
      if (best == nullptr || free > best->slots() - best->slots_used()) {
        best = &replica;
      }
    }
  }
  if (best != nullptr) return best->address();
  return absl::UnavailableError(
      "stage 'forecast' has no serving replica; see 'stagecoach stages'");
}

std::string RenderPrediction(const v1::PredictResponse& response,
                             const Layout& layout) {
  const std::string title =
      response.column().empty() ? "FORECAST" : Printable(response.column());
  Table table({{""}, {title, Align::kRight}});
  for (int i = 0; i < response.values_size(); ++i) {
    const std::string label =
        i < response.timestamps_size()
            ? TimeText(FromTimestamp(response.timestamps(i)),
                       absl::UTCTimeZone())
            : absl::StrCat("+", i + 1);
    table.AddRow({{label, Tone::kFaint},
                  {NumberText(response.values(i), kDigits), Tone::kStrong}});
  }
  return table.Render(layout);
}

absl::StatusOr<ExitCode> AskOnline(const ForecastFlags& flags, Context& context,
                                   OrchestratorClient& client) {
  SC_ASSIGN_OR_RETURN(const v1::PredictRequest request,
                      MakeRequest(flags, context, client));
  SC_ASSIGN_OR_RETURN(const std::string address, FindReplica(client));
  SC_ASSIGN_OR_RETURN(
      const v1::PredictResponse response,
      Predict(address, request,
              context.options.timeout.value_or(kPredictTimeout)));
  if (PrintedForPrograms(context, response)) return ExitCode::kOk;
  context.console.Out(RenderPrediction(response, OutLayout(context.console)));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Forecast(const ForecastFlags& flags,
                                  Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  if (!flags.values.empty()) return AskOnline(flags, context, *client);
  if (IsUri(flags.first) || flags.steps > 0) {
    return UsageError(
        "to ask a model, give the last values of the series with --values");
  }
  SC_ASSIGN_OR_RETURN(const v1::Run run, FetchRun(*client, flags.first));
  return ShowForecast(context, *client, run);
}

}  // namespace

Verb AddForecastVerb(CLI::App& root) {
  auto flags = std::make_shared<ForecastFlags>();
  CLI::App& app = AddParser(
      root, "forecast",
      "Show a run's forecast, or ask its model for one.\n"
      "With --values, a replica of the forecast stage answers online.",
      {"forecast", "forecast airline-7k2m9q",
       "forecast airline-7k2m9q --values 508,461,390,432 --steps 12"});
  app.add_option("run", flags->first,
                 "id of the run (the newest), or a model's URI")
      ->type_name("");
  app.add_option("--values", flags->values,
                 "last values of the series, as many as the model looks back")
      ->type_name("NUMBERS");
  app.add_option("--steps", flags->steps,
                 "how many rows ahead (as the model does at once)")
      ->check(WholeNumber(1, 10'000))
      ->type_name("NUMBER");
  app.add_option("--last-timestamp", flags->last_timestamp,
                 "when the last of the values was, e.g. 2026-11-01")
      ->type_name("TIME");
  return {&app,
          [flags](Context& context) { return Forecast(*flags, context); }};
}

}  // namespace stagecoach
