#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "orchestrator/cli/cluster/files.h"
#include "orchestrator/cli/help.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/verbs/artifact_choice.h"
#include "orchestrator/cli/verbs/artifacts_verbs.h"
#include "orchestrator/cli/verbs/conversion.h"
#include "orchestrator/cli/verbs/download.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

namespace fs = std::filesystem;

struct PullFlags {
  std::string first;  // a run or a URI
  std::string name;
  std::string to;
  std::string format;  // empty: as it is
  bool force = false;
};

// Where a file called `name` goes: into the folder --to, or it is --to.
fs::path Target(const PullFlags& flags, const Context& context,
                const std::string& name) {
  fs::path path = context.environment.working_folder;
  path /= flags.to.empty() ? name : flags.to;
  std::error_code ignored;  // opening tells more
  return fs::is_directory(path, ignored) ? path / name : path;
}

absl::StatusOr<ExitCode> PullAsItIs(const PullFlags& flags, Context& context,
                                    OrchestratorClient& client,
                                    const std::string& uri) {
  const fs::path path = Target(flags, context, FileNameOf(uri));
  SC_ASSIGN_OR_RETURN(const v1::Artifact artifact,
                      Download(client, uri, path.string(), flags.force));
  if (PrintedForPrograms(context, {{"uri", uri},
                                   {"file", path.string()},
                                   {"sha256", artifact.sha256()},
                                   {"size_bytes", artifact.size_bytes()}})) {
    return ExitCode::kOk;
  }
  context.console.Out(DownloadedLine(path.string(), artifact));
  return ExitCode::kOk;
}

struct WholeArtifact {
  v1::Artifact artifact;
  std::string bytes;
};

// DATA_LOSS: what came is not what was recorded.
absl::StatusOr<WholeArtifact> ReadWhole(OrchestratorClient& client,
                                        const std::string& uri) {
  v1::ReadArtifactRequest request;
  request.set_uri(uri);
  WholeArtifact whole;
  SC_RETURN_IF_ERROR(client.ReadArtifact(
      request, [&whole](const v1::ReadArtifactResponse& response) {
        if (response.has_artifact()) whole.artifact = response.artifact();
        whole.bytes.append(response.data());
        return absl::OkStatus();
      }));
  const std::string digest = Sha256Hex(whole.bytes);
  if (digest == whole.artifact.sha256()) return whole;
  return absl::DataLossError(absl::StrCat(uri, " came with SHA-256 ", digest,
                                          ", but was recorded with ",
                                          whole.artifact.sha256()));
}

absl::StatusOr<ExitCode> PullConverted(const PullFlags& flags, Context& context,
                                       OrchestratorClient& client,
                                       const std::string& uri) {
  SC_ASSIGN_OR_RETURN(const WholeArtifact whole, ReadWhole(client, uri));
  SC_ASSIGN_OR_RETURN(const std::vector<ConvertedFile> files,
                      Convert(whole.artifact, whole.bytes, flags.format));
  std::vector<std::string> paths;
  for (const ConvertedFile& file : files) {
    const fs::path path = Target(flags, context, file.name);
    if (!paths.empty() && paths.back() == path.string()) {
      return UsageError(absl::StrCat("--to ", flags.to,
                                     " must be a folder that is there: the "
                                     "artifact becomes ",
                                     files.size(), " files"));
    }
    std::error_code ignored;  // writing tells more
    if (!flags.force && fs::exists(path, ignored)) {
      return absl::AlreadyExistsError(absl::StrCat(
          path.string(),
          " is there already; replace it with --force, or choose another name "
          "with --to"));
    }
    paths.push_back(path.string());
  }
  for (size_t i = 0; i < files.size(); ++i) {
    SC_RETURN_IF_ERROR(WriteFile(paths[i], files[i].bytes));
  }
  if (PrintedForPrograms(
          context,
          {{"uri", uri}, {"format", flags.format}, {"files", paths}})) {
    return ExitCode::kOk;
  }
  for (size_t i = 0; i < files.size(); ++i) {
    context.console.Out(absl::StrCat(
        paths[i], "  ", BytesText(static_cast<int64_t>(files[i].bytes.size())),
        "\n"));
  }
  return ExitCode::kOk;
}

// Every artifact of a run, into <run>/<step>/ or <--to>/<step>/: steps may have
// artifacts of the same name.
absl::StatusOr<ExitCode> PullRun(const PullFlags& flags, Context& context,
                                 OrchestratorClient& client) {
  if (!flags.format.empty()) {
    return UsageError(absl::StrCat(
        "--format converts one artifact: give its name; see 'stagecoach "
        "artifacts list ",
        flags.first, "'"));
  }
  SC_ASSIGN_OR_RETURN(const v1::ListArtifactsResponse list,
                      FetchArtifacts(client, flags.first, ""));
  const fs::path folder = fs::path(context.environment.working_folder) /
                          (flags.to.empty() ? flags.first : flags.to);
  nlohmann::ordered_json document = nlohmann::ordered_json::array();
  for (const v1::RecordedArtifact& recorded : list.artifacts()) {
    const v1::Artifact& artifact = recorded.artifact();
    const fs::path path = folder / recorded.step() / FileNameOf(artifact.uri());
    SC_RETURN_IF_ERROR(CreateFolders(path.parent_path().string()));
    SC_RETURN_IF_ERROR(
        Download(client, artifact.uri(), path.string(), flags.force).status());
    document.push_back({{"uri", artifact.uri()},
                        {"file", path.string()},
                        {"sha256", artifact.sha256()},
                        {"size_bytes", artifact.size_bytes()}});
    if (!ForPrograms(context)) {
      context.console.Out(DownloadedLine(path.string(), artifact));
    }
  }
  PrintedForPrograms(
      context, {{"run", flags.first}, {"artifacts", std::move(document)}});
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Pull(const PullFlags& flags, Context& context) {
  SC_ASSIGN_OR_RETURN(const std::shared_ptr<OrchestratorClient> client,
                      context.connect(context));
  if (flags.name.empty() && !IsUri(flags.first)) {
    return PullRun(flags, context, *client);
  }
  SC_ASSIGN_OR_RETURN(const std::string uri,
                      ChooseArtifact(*client, flags.first, flags.name));
  return flags.format.empty() ? PullAsItIs(flags, context, *client, uri)
                              : PullConverted(flags, context, *client, uri);
}

}  // namespace

Verb AddArtifactsPullVerb(CLI::App& artifacts) {
  auto flags = std::make_shared<PullFlags>();
  CLI::App& app = AddParser(
      artifacts, "pull",
      "Copy an artifact into a file here, and check its digest.\n"
      "Without a name, all artifacts of the run, into a folder of its name.\n"
      "With --format pt, torch.load opens it; weights are a state dict.",
      {"artifacts pull airline-7k2m9q weights --format pt",
       "artifacts pull airline-7k2m9q y_forecast --to forecast.safetensors",
       "artifacts pull airline-7k2m9q"});
  AddArtifactChoice(app, flags->first, flags->name);
  AddChoice(app, "--format", flags->format, ConversionFormats(),
            "convert it (as it is)");
  app.add_option("--to", flags->to, "file or folder to write to")
      ->type_name("PATH");
  app.add_flag("--force", flags->force, "replace the file if it is there");
  return {&app, [flags](Context& context) { return Pull(*flags, context); }};
}

}  // namespace stagecoach
