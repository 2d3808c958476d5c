#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/comparison.h"
#include "orchestrator/cli/verbs/previews.h"
#include "orchestrator/cli/verbs/runs_verbs.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

struct CompareFlags {
  std::vector<std::string> run_ids;
  bool only_differences = false;
};

// {"parameters": {"epochs": {"values": ["100", "200"], "same": false}, …}, …}
nlohmann::ordered_json ToDocument(
    const std::vector<ComparedSection>& sections) {
  nlohmann::ordered_json document = nlohmann::ordered_json::object();
  for (const ComparedSection& section : sections) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::object();
    for (const ComparedRow& row : section.rows) {
      rows[row.name] = {{"values", row.values}, {"same", row.same}};
    }
    document[section.name] = std::move(rows);
  }
  return document;
}

absl::StatusOr<ExitCode> Compare(const CompareFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  std::vector<v1::Run> runs;
  Previews previews;
  for (const std::string& run_id : flags.run_ids) {
    SC_ASSIGN_OR_RETURN(v1::Run run, FetchRun(*client, run_id));
    for (const auto& [name, artifact] : run.outputs()) {
      AddPreview(*client, artifact, previews);
    }
    runs.push_back(std::move(run));
  }
  const std::vector<ComparedSection> sections =
      CompareRuns(runs, previews.lines, context.clock.Now());
  if (PrintedForPrograms(context, ToDocument(sections))) return ExitCode::kOk;
  context.console.Out(RenderComparison(sections, flags.only_differences,
                                       OutLayout(context.console)));
  return ExitCode::kOk;
}

}  // namespace

Verb AddCompareVerb(CLI::App& runs) {
  auto flags = std::make_shared<CompareFlags>();
  CLI::App& app =
      AddParser(runs, "compare",
                "Show runs side by side.\n"
                "Parameters, inputs, metrics, outputs and times; what differs "
                "stands out.",
                {"runs compare airline-7k2m9q airline-p4x0tz",
                 "runs compare airline-7k2m9q airline-p4x0tz --differences"});
  app.add_option("runs", flags->run_ids, "ids of two to six runs")
      ->required()
      ->expected(2, 6)
      ->type_name("");
  app.add_flag("--differences", flags->only_differences,
               "leave out what is the same");
  return {&app, [flags](Context& context) { return Compare(*flags, context); }};
}

}  // namespace stagecoach
