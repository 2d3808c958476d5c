#include "orchestrator/retention/leftovers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/artifact/artifact_upload.h"
#include "services/common/artifact/manifest.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// How the names begin of what is being written, and of the watchdog's probes.
constexpr absl::string_view kStagingPrefix = ".staging-";
constexpr absl::string_view kProbePrefix = ".probe-";

// The entries of a folder; none if it is not there.
absl::StatusOr<std::vector<DirectoryEntry>> ListIfThere(
    FileSystem& files, absl::string_view path) {
  absl::StatusOr<std::vector<DirectoryEntry>> entries = files.List(path);
  if (absl::IsNotFound(entries.status())) return std::vector<DirectoryEntry>();
  return entries;
}

absl::Status AddContents(FileSystem& files, absl::string_view path,
                         Contents& contents) {
  SC_ASSIGN_OR_RETURN(const FileInfo info, files.Stat(path));
  contents.newest = std::max(contents.newest, info.modified);
  if (info.kind != FileKind::kDirectory) {
    contents.size_bytes += info.size_bytes;
    if (LastSegment(path) == kManifestName) contents.has_result = true;
    return absl::OkStatus();
  }
  SC_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries,
                      ListIfThere(files, path));
  for (const DirectoryEntry& entry : entries) {
    const absl::Status added =
        AddContents(files, JoinPath(path, entry.name), contents);
    if (!added.ok() && !absl::IsNotFound(added)) return added;
  }
  return absl::OkStatus();
}

// Adds the entry if nobody has modified it since `old`.
absl::Status AddIfOld(FileSystem& files, std::string path, FileKind kind,
                      absl::Time old, bool keep_results,
                      std::vector<Leftover>& found) {
  const absl::StatusOr<Contents> contents = LookInto(files, path);
  if (absl::IsNotFound(contents.status())) return absl::OkStatus();
  if (!contents.ok()) return contents.status();
  if (contents->newest >= old) return absl::OkStatus();
  if (keep_results && contents->has_result) return absl::OkStatus();
  found.push_back({std::move(path), kind, contents->size_bytes});
  return absl::OkStatus();
}

// Adds what is hidden at `path` and, `depth` folders deep, below.
absl::Status AddHidden(FileSystem& files, absl::string_view path,
                       absl::string_view prefix, int depth, absl::Time old,
                       std::vector<Leftover>& found) {
  SC_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries,
                      ListIfThere(files, path));
  for (const DirectoryEntry& entry : entries) {
    std::string below = JoinPath(path, entry.name);
    if (absl::StartsWith(entry.name, prefix)) {
      SC_RETURN_IF_ERROR(AddIfOld(files, std::move(below), entry.kind, old,
                                  /*keep_results=*/false, found));
    } else if (depth > 0 && entry.kind == FileKind::kDirectory) {
      SC_RETURN_IF_ERROR(
          AddHidden(files, below, prefix, depth - 1, old, found));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Contents> LookInto(FileSystem& files, absl::string_view path) {
  Contents contents;
  contents.newest = absl::InfinitePast();
  SC_RETURN_IF_ERROR(AddContents(files, path, contents));
  return contents;
}

absl::StatusOr<std::vector<Leftover>> FindLeftovers(FileSystem& files,
                                                    const KnownRuns& runs,
                                                    absl::Time old) {
  std::vector<Leftover> found;
  SC_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries,
                      ListIfThere(files, kRunsFolder));
  for (const DirectoryEntry& entry : entries) {
    if (entry.kind != FileKind::kDirectory) continue;
    if (runs.passed_over.contains(entry.name)) continue;
    std::string path = JoinPath(kRunsFolder, entry.name);
    if (runs.ended.contains(entry.name)) {
      // Beside an attempt, or beside a checkpoint: a run's step's folder.
      SC_RETURN_IF_ERROR(
          AddHidden(files, path, kStagingPrefix, /*depth=*/2, old, found));
    } else {
      SC_RETURN_IF_ERROR(AddIfOld(files, std::move(path), entry.kind, old,
                                  /*keep_results=*/true, found));
    }
  }
  SC_RETURN_IF_ERROR(AddHidden(files, kUploadsDirectory, kStagingPrefix,
                               /*depth=*/0, old, found));
  SC_RETURN_IF_ERROR(
      AddHidden(files, "", kProbePrefix, /*depth=*/0, old, found));
  return found;
}

absl::StatusOr<std::vector<Leftover>> FindUnusedUploads(
    FileSystem& files, const std::set<std::string>& used, absl::Time old) {
  SC_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries,
                      ListIfThere(files, kUploadsDirectory));
  std::vector<Leftover> found;
  for (const DirectoryEntry& entry : entries) {
    if (entry.kind != FileKind::kDirectory) continue;
    std::string path = JoinPath(kUploadsDirectory, entry.name);
    const std::string prefix =
        absl::StrCat("pvc://", files.volume(), "/", path, "/");
    const auto first = used.lower_bound(prefix);
    if (first != used.end() && absl::StartsWith(*first, prefix)) continue;
    SC_RETURN_IF_ERROR(AddIfOld(files, std::move(path), entry.kind, old,
                                /*keep_results=*/false, found));
  }
  return found;
}

absl::Status Remove(FileSystem& files, const Leftover& leftover) {
  const absl::Status removed = leftover.kind == FileKind::kDirectory
                                   ? files.RemoveTree(leftover.path)
                                   : files.RemoveFile(leftover.path);
  return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

}  // namespace stagecoach
