#include "orchestrator/cli/verbs/upload.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/progress.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/terminal/live_screen.h"
#include "orchestrator/cli/verbs/artifact_choice.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = 1 << 20;
constexpr size_t kLongestName = 128;
constexpr absl::Duration kBetweenFrames = absl::Milliseconds(100);
constexpr int kBarWidth = 24;

fs::path Resolve(const Context& context, absl::string_view path) {
  if (absl::ConsumePrefix(&path, "~/")) {
    return fs::path(context.environment.home_folder) / std::string(path);
  }
  return fs::path(context.environment.working_folder) / std::string(path);
}

// A file that is being sent: its bytes in pieces, digested on the way.
class Sending {
 public:
  static absl::StatusOr<Sending> Open(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      return absl::FailedPreconditionError(
          absl::StrCat(path.string(), " is a folder, not a file"));
    }
    Sending sending;
    sending.size_ = static_cast<int64_t>(fs::file_size(path, error));
    sending.file_.open(path, std::ios::binary);
    if (!error && sending.file_) return sending;
    if (!fs::exists(path, error)) {
      return absl::NotFoundError(
          absl::StrCat("there is no file ", path.string()));
    }
    return absl::FailedPreconditionError(
        absl::StrCat(path.string(), " cannot be read"));
  }

  // The next bytes; empty at the end.
  absl::StatusOr<std::string> Next() {
    std::string bytes(kChunkBytes, '\0');
    file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (file_.bad()) return absl::FailedPreconditionError("cannot be read");
    bytes.resize(static_cast<size_t>(file_.gcount()));
    digest_.Update(bytes);
    sent_ += static_cast<int64_t>(bytes.size());
    return bytes;
  }

  int64_t size() const { return size_; }
  int64_t sent() const { return sent_; }
  // Once, after the last byte.
  std::string Digest() { return digest_.Finish(); }

 private:
  Sending() = default;

  std::ifstream file_;
  Sha256 digest_;
  int64_t size_ = 0;
  int64_t sent_ = 0;
};

// How far an upload is: a line in place on a terminal, otherwise nothing.
class UploadDisplay {
 public:
  UploadDisplay(Context& context, std::string name)
      : clock_(context.clock), name_(std::move(name)) {
    if (context.console.ErrSize().has_value()) {
      screen_.emplace(context.console);
    }
  }

  void Show(const Sending& sending, bool at_once) {
    if (!screen_.has_value()) return;
    const absl::Duration now = clock_.Elapsed();
    if (!at_once && now - shown_ < kBetweenFrames) return;
    shown_ = now;
    const double fraction = sending.size() > 0
                                ? static_cast<double>(sending.sent()) /
                                      static_cast<double>(sending.size())
                                : 1.0;
    Line line = {{"uploading "}, {name_, Tone::kStrong}, {"  "}};
    for (Span& span : ProgressBar(fraction, kBarWidth)) {
      line.push_back(std::move(span));
    }
    line.push_back({absl::StrCat("  ", BytesText(sending.sent()), " of ",
                                 BytesText(sending.size()))});
    screen_->Show({line});
  }

 private:
  const Clock& clock_;
  const std::string name_;
  std::optional<LiveScreen> screen_;
  absl::Duration shown_ = -absl::InfiniteDuration();
};

}  // namespace

std::string UploadName(absl::string_view path) {
  std::string name = fs::path(std::string(path)).filename().string();
  for (char& letter : name) {
    const bool allowed = absl::ascii_isalnum(letter) || letter == '.' ||
                         letter == '_' || letter == '-';
    if (!allowed) letter = '_';
  }
  if (name.size() > kLongestName) name.erase(0, name.size() - kLongestName);
  if (name.empty() || name.front() == '.' || name.front() == '-') {
    name = absl::StrCat("_", absl::ClippedSubstr(name, 1));
  }
  return name;
}

absl::StatusOr<v1::Artifact> UploadFile(Context& context,
                                        OrchestratorClient& client,
                                        const std::string& path) {
  SC_ASSIGN_OR_RETURN(Sending sending, Sending::Open(Resolve(context, path)));
  v1::UploadHeader header;
  header.set_file_name(UploadName(path));
  header.set_size_bytes(sending.size());
  const std::unique_ptr<Interrupt> interrupt = context.interrupt();
  absl::StatusOr<v1::UploadArtifactResponse> response;
  {
    UploadDisplay display(context, Printable(path));
    response =
        client.UploadArtifact(header, [&]() -> absl::StatusOr<std::string> {
          if (interrupt->requested()) {
            return absl::CancelledError("interrupted");
          }
          display.Show(sending, /*at_once=*/false);
          return sending.Next();
        });
    display.Show(sending, /*at_once=*/true);
  }
  SC_RETURN_IF_ERROR(response.status(), "upload ", path);
  const v1::Artifact& artifact = response->artifact();
  const std::string digest = sending.Digest();
  if (artifact.sha256() != digest) {
    return absl::DataLossError(
        absl::StrCat("upload ", path, ": sent with SHA-256 ", digest,
                     ", but stored with ", artifact.sha256()));
  }
  context.console.Err(absl::StrCat(
      "uploaded ", Printable(path), " (", BytesText(artifact.size_bytes()),
      ", digest checked) to ", Printable(artifact.uri()), "\n"));
  return artifact;
}

absl::Status UploadInputs(Context& context, OrchestratorClient& client,
                          v1::RunRequest& request) {
  std::map<std::string, std::string> files;
  for (const auto& [name, value] : request.inputs()) {
    if (IsUri(value)) continue;
    const absl::Status readable =
        Sending::Open(Resolve(context, value)).status();
    if (!readable.ok()) {
      return UsageError(
          absl::StrCat("input '", name, "': ", readable.message(),
                       "; give a file of this machine, or a URI such as "
                       "pvc://artifacts/data/mine.csv"));
    }
    files[name] = value;
  }
  for (const auto& [name, file] : files) {
    SC_ASSIGN_OR_RETURN(const v1::Artifact artifact,
                        UploadFile(context, client, file));
    (*request.mutable_inputs())[name] = artifact.uri();
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
