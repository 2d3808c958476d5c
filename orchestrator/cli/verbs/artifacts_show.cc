#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/catalog.h"
#include "orchestrator/cli/render/preview.h"
#include "orchestrator/cli/verbs/artifact_choice.h"
#include "orchestrator/cli/verbs/artifacts_verbs.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"

namespace stagecoach {
namespace {

// Larger tensors are shown by shape alone; of anything else the beginning is.
constexpr int64_t kMostTensorBytes = 64 << 20;
constexpr int64_t kMostTextBytes = 64 << 10;

struct ShowFlags {
  std::string first;  // a run or a URI
  std::string name;
  int lines = 20;
};

struct Beginning {
  v1::Artifact artifact;
  std::string bytes;
  bool whole = false;
};

int64_t MostBytes(const v1::Artifact& artifact) {
  return HoldsTensors(artifact.type()) ? kMostTensorBytes : kMostTextBytes;
}

// The artifact's record and as much of its bytes as is shown.
absl::StatusOr<Beginning> ReadForShow(OrchestratorClient& client,
                                      const std::string& uri) {
  v1::ReadArtifactRequest request;
  request.set_uri(uri);
  Beginning result;
  const absl::Status status = client.ReadArtifact(
      request, [&](const v1::ReadArtifactResponse& response) {
        if (response.has_artifact()) result.artifact = response.artifact();
        const int64_t most = MostBytes(result.artifact);
        const bool tensors = HoldsTensors(result.artifact.type());
        if (tensors && result.artifact.size_bytes() > most) {
          return absl::CancelledError("too large");
        }
        result.bytes.append(response.data());
        return static_cast<int64_t>(result.bytes.size()) < most
                   ? absl::OkStatus()
                   : absl::CancelledError("enough");
      });
  if (!status.ok() && result.artifact.uri().empty()) return status;
  if (!status.ok() && !absl::IsCancelled(status)) return status;
  result.whole = status.ok() || !HoldsTensors(result.artifact.type());
  return result;
}

absl::StatusOr<ExitCode> Show(const ShowFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  SC_ASSIGN_OR_RETURN(const std::string uri,
                      ChooseArtifact(*client, flags.first, flags.name));
  SC_ASSIGN_OR_RETURN(const Beginning read, ReadForShow(*client, uri));
  if (PrintedForPrograms(context, read.artifact)) return ExitCode::kOk;
  const Layout layout = OutLayout(context.console);
  std::string text = RenderArtifact(read.artifact, layout);
  const std::string local = LocalPathOf(context, uri);
  if (!local.empty()) absl::StrAppend(&text, "file      ", local, "\n");
  if (read.whole) {
    SC_ASSIGN_OR_RETURN(
        const std::string page,
        PreviewPage(read.artifact, read.bytes, flags.lines, layout));
    absl::StrAppend(&text, "\n", page);
  }
  context.console.Out(text);
  return ExitCode::kOk;
}

}  // namespace

Verb AddArtifactsShowVerb(CLI::App& artifacts) {
  auto flags = std::make_shared<ShowFlags>();
  CLI::App& app = AddParser(
      artifacts, "show", "Show an artifact: what it is, and its values.",
      {"artifacts show airline-7k2m9q y_forecast",
       "artifacts show pvc://artifacts/runs/airline-7k2m9q/load/1/"
       "train.safetensors"});
  AddArtifactChoice(app, flags->first, flags->name);
  app.add_option("--lines", flags->lines, "about how many lines (20)")
      ->check(WholeNumber(6, 100'000))
      ->type_name("NUMBER");
  return {&app, [flags](Context& context) { return Show(*flags, context); }};
}

}  // namespace stagecoach
