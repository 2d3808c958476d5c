#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/json.h"
#include "orchestrator/cli/render/catalog.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/preview.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/verb.h"
#include "orchestrator/cli/verbs/artifact_choice.h"
#include "orchestrator/cli/verbs/artifact_file.h"
#include "orchestrator/cli/verbs/support.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"

namespace stagecoach {
namespace {

using Client = std::shared_ptr<OrchestratorClient>;

// Larger tensors are shown by shape alone; of anything else the beginning is.
constexpr int64_t kMostTensorBytes = 64 << 20;
constexpr int64_t kMostTextBytes = 64 << 10;

struct ArtifactsFlags {
  std::string first;  // a run or a URI
  std::string name;
  std::string step;
  std::string to;
  bool force = false;
  int lines = 20;
};

absl::StatusOr<ExitCode> List(const ArtifactsFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const Client client, context.connect(context));
  SC_ASSIGN_OR_RETURN(const v1::Run run, FetchRun(*client, flags.first));
  SC_ASSIGN_OR_RETURN(const v1::ListArtifactsResponse list,
                      FetchArtifacts(*client, run.id(), flags.step));
  if (context.options.json) {
    context.console.Out(ToJson(list));
    return ExitCode::kOk;
  }
  const std::vector<v1::RecordedArtifact> artifacts(list.artifacts().begin(),
                                                    list.artifacts().end());
  if (artifacts.empty()) {
    context.console.Err(
        absl::StrCat("run ", Printable(run.id()), " has no artifacts\n"));
    return ExitCode::kOk;
  }
  context.console.Out(
      RenderArtifactList(artifacts, OutLayout(context.console)));
  return ExitCode::kOk;
}

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

absl::StatusOr<ExitCode> Show(const ArtifactsFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const Client client, context.connect(context));
  SC_ASSIGN_OR_RETURN(const std::string uri,
                      ChooseArtifact(*client, flags.first, flags.name));
  SC_ASSIGN_OR_RETURN(const Beginning read, ReadForShow(*client, uri));
  if (context.options.json) {
    context.console.Out(ToJson(read.artifact));
    return ExitCode::kOk;
  }
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

std::string FileName(const std::string& uri) {
  return std::filesystem::path(uri).filename().string();
}

absl::StatusOr<ExitCode> Pull(const ArtifactsFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const Client client, context.connect(context));
  SC_ASSIGN_OR_RETURN(const std::string uri,
                      ChooseArtifact(*client, flags.first, flags.name));
  std::filesystem::path path = context.environment.working_folder;
  path /= flags.to.empty() ? FileName(uri) : flags.to;
  std::error_code ignored;  // opening tells more
  if (std::filesystem::is_directory(path, ignored)) path /= FileName(uri);
  ArtifactFile file(path.string());
  SC_RETURN_IF_ERROR(file.Open(flags.force));
  v1::ReadArtifactRequest request;
  request.set_uri(uri);
  v1::Artifact artifact;
  SC_RETURN_IF_ERROR(client->ReadArtifact(
      request, [&](const v1::ReadArtifactResponse& response) {
        if (response.has_artifact()) artifact = response.artifact();
        return file.Append(response.data());
      }));
  SC_RETURN_IF_ERROR(file.Finish(artifact));
  if (context.options.json) {
    const nlohmann::json json = {{"uri", uri},
                                 {"file", path.string()},
                                 {"sha256", artifact.sha256()},
                                 {"size_bytes", artifact.size_bytes()}};
    context.console.Out(json.dump(2) + "\n");
  } else {
    context.console.Out(absl::StrCat(path.string(), "  ",
                                     BytesText(artifact.size_bytes()),
                                     ", digest checked\n"));
  }
  return ExitCode::kOk;
}

void AddChoice(CLI::App& app, ArtifactsFlags& flags) {
  app.add_option("run", flags.first, "id of the run, or the artifact's URI")
      ->required()
      ->type_name("");
  app.add_option("name", flags.name, "name of the artifact, or STEP.NAME")
      ->type_name("");
}

CLI::App& AddPull(CLI::App& app, ArtifactsFlags& flags) {
  CLI::App& pull = AddParser(
      app, "pull", "Copy an artifact into a file here, and check its digest.",
      {"artifacts pull airline-7k2m9q weights",
       "artifacts pull airline-7k2m9q y_forecast --to forecast.safetensors"});
  AddChoice(pull, flags);
  pull.add_option("--to", flags.to, "file or folder to write to")
      ->type_name("PATH");
  pull.add_flag("--force", flags.force, "replace the file if it is there");
  return pull;
}

}  // namespace

Verb AddArtifactsVerb(CLI::App& root) {
  auto flags = std::make_shared<ArtifactsFlags>();
  CLI::App& app = AddParser(
      root, "artifacts", "List, show and copy the artifacts of runs.",
      {"artifacts list airline-7k2m9q", "artifacts show airline-7k2m9q X_train",
       "artifacts pull airline-7k2m9q weights"});
  app.require_subcommand(0, 1);
  CLI::App& list = AddParser(
      app, "list", "List the artifacts of a run.",
      {"artifacts list", "artifacts list airline-7k2m9q --step train"});
  list.add_option("run", flags->first, "id of the run (the newest)")
      ->type_name("");
  list.add_option("--step", flags->step, "only of this step")
      ->type_name("NAME");
  CLI::App& show =
      AddParser(app, "show", "Show an artifact: what it is, and its values.",
                {"artifacts show airline-7k2m9q y_forecast",
                 "artifacts show pvc://artifacts/runs/airline-7k2m9q/load/1/"
                 "train.safetensors"});
  AddChoice(show, *flags);
  show.add_option("--lines", flags->lines, "about how many lines (20)")
      ->check(WholeNumber(6, 100'000))
      ->type_name("NUMBER");
  CLI::App& pull = AddPull(app, *flags);
  return {&app, [flags, &show, &pull](Context& context) {
            if (show.parsed()) return Show(*flags, context);
            if (pull.parsed()) return Pull(*flags, context);
            return List(*flags, context);
          }};
}

}  // namespace stagecoach
