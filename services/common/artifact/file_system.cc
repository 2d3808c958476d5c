#include "services/common/artifact/file_system.h"

#include "absl/strings/str_cat.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

absl::Status CreateDirectories(FileSystem& files, absl::string_view path) {
  if (path.empty()) return absl::OkStatus();
  absl::Status made = files.CreateDirectory(path);
  if (absl::IsNotFound(made)) {
    SC_RETURN_IF_ERROR(CreateDirectories(files, ParentPath(path)));
    made = files.CreateDirectory(path);
  }
  // Another process may make the same ones at the same time.
  return absl::IsAlreadyExists(made) ? absl::OkStatus() : made;
}

absl::Status SyncWithParents(FileSystem& files, absl::string_view path) {
  while (true) {
    SC_RETURN_IF_ERROR(files.SyncDirectory(path));
    if (path.empty()) return absl::OkStatus();
    path = ParentPath(path);
  }
}

absl::StatusOr<std::string> ReadWholeFile(FileSystem& files,
                                          absl::string_view path,
                                          int64_t limit) {
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<ReadableFile> file,
                      files.OpenFile(path));
  const int64_t size = file->info().size_bytes;
  if (size > limit) {
    return absl::FailedPreconditionError(
        absl::StrCat("pvc://", files.volume(), "/", path, " has ", size,
                     " bytes; at most ", limit, " are read"));
  }
  std::string content(size, '\0');
  SC_ASSIGN_OR_RETURN(const size_t length,
                      file->Read(0, absl::MakeSpan(content)));
  content.resize(length);
  return content;
}

absl::Status WriteWholeFile(FileSystem& files, absl::string_view path,
                            absl::string_view bytes) {
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                      files.CreateFile(path));
  SC_RETURN_IF_ERROR(file->Append({bytes}));
  return file->Sync();
}

}  // namespace stagecoach
