#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verbs/artifact_choice.h"
#include "orchestrator/cli/verbs/artifacts_verbs.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

struct VerifyFlags {
  std::string run_id;
  std::string step;
};

// Reads the whole artifact and digests it here, so that volume, orchestrator
// and network are all checked.
absl::Status Check(OrchestratorClient& client, const v1::Artifact& artifact) {
  v1::ReadArtifactRequest request;
  request.set_uri(artifact.uri());
  Sha256 digest;
  int64_t size = 0;
  SC_RETURN_IF_ERROR(client.ReadArtifact(
      request, [&](const v1::ReadArtifactResponse& response) {
        digest.Update(response.data());
        size += static_cast<int64_t>(response.data().size());
        return absl::OkStatus();
      }));
  const std::string found = digest.Finish();
  if (found == artifact.sha256() && size == artifact.size_bytes()) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      "came as ", size, " bytes with SHA-256 ", found, ", but was recorded as ",
      artifact.size_bytes(), " bytes with ", artifact.sha256()));
}

absl::StatusOr<ExitCode> Verify(const VerifyFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::Run run, FetchRun(*client, flags.run_id));
  SC_ASSIGN_OR_RETURN(const v1::ListArtifactsResponse list,
                      FetchArtifacts(*client, run.id(), flags.step));
  Table table({{"STEP"},
               {"ARTIFACT"},
               {"SIZE", Align::kRight},
               {"IS"},
               {"WHY", Align::kLeft, Overflow::kWrap}});
  nlohmann::ordered_json document = nlohmann::ordered_json::array();
  ExitCode code = ExitCode::kOk;
  for (const v1::RecordedArtifact& recorded : list.artifacts()) {
    const v1::Artifact& artifact = recorded.artifact();
    const absl::Status checked = Check(*client, artifact);
    if (IsNotReachable(checked)) return checked;
    if (!checked.ok()) code = ExitCode::kFailed;
    table.AddRow(
        {{Printable(recorded.step())},
         {Printable(artifact.name())},
         {BytesText(artifact.size_bytes())},
         checked.ok() ? Span{"whole", Tone::kGood} : Span{"bad", Tone::kBad},
         {Printable(checked.message())}});
    document.push_back({{"step", recorded.step()},
                        {"artifact", artifact.name()},
                        {"uri", artifact.uri()},
                        {"whole", checked.ok()},
                        {"error", std::string(checked.message())}});
  }
  if (PrintedForPrograms(
          context, {{"run", run.id()}, {"artifacts", std::move(document)}})) {
    return code;
  }
  context.console.Out(table.Render(OutLayout(context.console)));
  return code;
}

}  // namespace

Verb AddArtifactsVerifyVerb(CLI::App& artifacts) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App& app = AddParser(
      artifacts, "verify",
      "Read every artifact of a run and check size and digest.\n"
      "Exit code 1 if one is not what was recorded.",
      {"artifacts verify", "artifacts verify airline-7k2m9q --step train"});
  app.add_option("run", flags->run_id, "id of the run (the newest)")
      ->type_name("");
  app.add_option("--step", flags->step, "only of this step")->type_name("NAME");
  return {&app, [flags](Context& context) { return Verify(*flags, context); }};
}

}  // namespace stagecoach
