#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/run_view.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

struct LogsFlags {
  std::string run_id;
  std::string step;
  int attempt = 0;  // 0: the newest
};

// Prints the lines of one log as they come.
class LinePrinter {
 public:
  // `prefix` stands before each line, for people; programs are told step and
  // attempt.
  LinePrinter(Context& context, const std::string& step, int attempt,
              std::string prefix)
      : context_(context),
        step_(step),
        attempt_(attempt),
        prefix_(std::move(prefix)) {}

  void Take(absl::string_view bytes) {
    for (size_t end = bytes.find('\n'); end != absl::string_view::npos;
         end = bytes.find('\n')) {
      Print(absl::StrCat(rest_, bytes.substr(0, end)));
      rest_.clear();
      bytes.remove_prefix(end + 1);
    }
    absl::StrAppend(&rest_, bytes);
  }
  void Finish() {
    if (!rest_.empty()) Print(rest_);
    rest_.clear();
  }

 private:
  void Print(const std::string& line) {
    if (!ForPrograms(context_)) {
      context_.console.Out(absl::StrCat(prefix_, Printable(line), "\n"));
    } else if (FormatOf(context_) == OutputFormat::kYaml) {
      context_.console.Out("---\n");
      PrintedForPrograms(context_, Document(line));
    } else {
      context_.console.Out(absl::StrCat(Document(line).dump(), "\n"));
    }
  }
  nlohmann::ordered_json Document(const std::string& line) const {
    return {{"step", step_}, {"attempt", attempt_}, {"line", Printable(line)}};
  }

  Context& context_;
  const std::string step_;
  const int attempt_;
  const std::string prefix_;
  std::string rest_;
};

// The steps whose logs are asked for: one, or all that have been tried.
absl::StatusOr<std::vector<v1::Step>> ChooseSteps(const v1::Run& run,
                                                  const std::string& name) {
  std::vector<v1::Step> steps;
  std::vector<std::string> names;
  for (const v1::Step& step : run.steps()) {
    names.push_back(step.name());
    const bool wanted =
        name.empty() ? !step.attempts().empty() : step.name() == name;
    if (wanted) steps.push_back(step);
  }
  if (name.empty() || !steps.empty()) return steps;
  return absl::NotFoundError(absl::StrCat("run ", run.id(), " has no step '",
                                          name, "'",
                                          NearestNameHint(name, names)));
}

absl::Status PrintLog(Context& context, OrchestratorClient& client,
                      const v1::Run& run, const v1::Step& step, int attempt,
                      const std::string& prefix) {
  // A step that was taken over has its log where it was done.
  v1::ReadLogRequest request;
  request.set_run_id(run.id());
  request.set_step(step.name());
  request.set_attempt(attempt);
  const v1::Attempt* last = LastAttempt(step);
  LinePrinter printer(
      context, step.name(),
      attempt == 0 && last != nullptr ? last->number() : attempt, prefix);
  SC_RETURN_IF_ERROR(
      client.ReadLog(request, [&printer](const v1::ReadLogResponse& response) {
        printer.Take(response.data());
        return absl::OkStatus();
      }));
  printer.Finish();
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> Logs(const LogsFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::Run run, FetchRun(*client, flags.run_id));
  SC_ASSIGN_OR_RETURN(const std::vector<v1::Step> steps,
                      ChooseSteps(run, flags.step));
  int width = 0;
  for (const v1::Step& step : steps) {
    width = std::max(width, DisplayWidth(Printable(step.name())));
  }
  const Layout layout = OutLayout(context.console);
  for (const v1::Step& step : steps) {
    const std::string prefix =
        flags.step.empty()
            ? Paint(layout, Tone::kBusy,
                    PadRight(Printable(step.name()), width) + " | ")
            : "";
    const absl::Status printed =
        PrintLog(context, *client, run, step, flags.attempt, prefix);
    // Of all steps, one may well have no log.
    if (flags.step.empty() && absl::IsNotFound(printed)) {
      context.console.Err(absl::StrCat(printed.message(), "\n"));
    } else if (!printed.ok()) {
      return printed;
    }
  }
  return ExitCode::kOk;
}

}  // namespace

Verb AddLogsVerb(CLI::App& root) {
  auto flags = std::make_shared<LogsFlags>();
  CLI::App& app = AddParser(
      root, "logs", "Show what the steps of a run have logged.",
      {"logs", "logs airline-7k2m9q", "logs airline-7k2m9q train --attempt 1"});
  app.add_option("run", flags->run_id, "id of the run (the newest)")
      ->type_name("");
  app.add_option("step", flags->step, "name of the step (all)")->type_name("");
  app.add_option("--attempt", flags->attempt,
                 "number of the attempt (the newest)")
      ->check(WholeNumber(1, 1'000'000))
      ->type_name("NUMBER");
  return {&app, [flags](Context& context) { return Logs(*flags, context); }};
}

}  // namespace stagecoach
