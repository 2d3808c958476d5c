#include "services/common/artifact/metered_file_system.h"

#include <utility>

#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// What all files of a file system share.
struct Meter {
  std::shared_ptr<ArtifactMetrics> metrics;
  Clock& clock;

  // Runs `call`, which moves `bytes`, and counts it.
  template <typename Call>
  auto Measure(IoOperation operation, int64_t bytes, Call&& call) const {
    const absl::Duration start = clock.Elapsed();
    auto result = call();
    metrics->Observe(operation, clock.Elapsed() - start,
                     result.ok() ? bytes : 0);
    if constexpr (std::is_same_v<decltype(result), absl::Status>) {
      metrics->CountError(operation, result);
    } else {
      metrics->CountError(operation, result.status());
    }
    return result;
  }
};

class MeteredWritableFile final : public WritableFile {
 public:
  MeteredWritableFile(std::unique_ptr<WritableFile> file, const Meter& meter)
      : file_(std::move(file)), meter_(meter) {}

  absl::Status Append(absl::Span<const absl::string_view> pieces) override {
    int64_t bytes = 0;
    for (absl::string_view piece : pieces) bytes += piece.size();
    return meter_.Measure(IoOperation::kWrite, bytes,
                          [&] { return file_->Append(pieces); });
  }
  absl::Status Sync() override {
    return meter_.Measure(IoOperation::kSync, 0, [&] { return file_->Sync(); });
  }

 private:
  const std::unique_ptr<WritableFile> file_;
  const Meter meter_;
};

class MeteredReadableFile final : public ReadableFile {
 public:
  MeteredReadableFile(std::unique_ptr<ReadableFile> file, const Meter& meter)
      : file_(std::move(file)), meter_(meter) {}

  const FileInfo& info() const override { return file_->info(); }

  absl::StatusOr<size_t> Read(int64_t offset,
                              absl::Span<char> buffer) const override {
    return meter_.Measure(IoOperation::kRead,
                          static_cast<int64_t>(buffer.size()),
                          [&] { return file_->Read(offset, buffer); });
  }
  absl::StatusOr<MappedBytes> Map() const override {
    return meter_.Measure(IoOperation::kRead, info().size_bytes,
                          [&] { return file_->Map(); });
  }

 private:
  const std::unique_ptr<ReadableFile> file_;
  const Meter meter_;
};

class MeteredFileSystem final : public FileSystem {
 public:
  MeteredFileSystem(std::shared_ptr<FileSystem> files, Meter meter)
      : files_(std::move(files)), meter_(std::move(meter)) {}

  const std::string& volume() const override { return files_->volume(); }

  absl::Status CreateDirectory(absl::string_view path) override {
    return meter_.Measure(IoOperation::kCreate, 0,
                          [&] { return files_->CreateDirectory(path); });
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      absl::string_view path) override {
    SC_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                        meter_.Measure(IoOperation::kCreate, 0, [&] {
                          return files_->CreateFile(path);
                        }));
    return std::make_unique<MeteredWritableFile>(std::move(file), meter_);
  }
  absl::Status Rename(absl::string_view from, absl::string_view to) override {
    return meter_.Measure(IoOperation::kRename, 0,
                          [&] { return files_->Rename(from, to); });
  }
  absl::Status SyncDirectory(absl::string_view path) override {
    return meter_.Measure(IoOperation::kSync, 0,
                          [&] { return files_->SyncDirectory(path); });
  }
  absl::StatusOr<FileInfo> Stat(absl::string_view path) override {
    return meter_.Measure(IoOperation::kStat, 0,
                          [&] { return files_->Stat(path); });
  }
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFile(
      absl::string_view path) override {
    SC_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> file,
                        meter_.Measure(IoOperation::kOpen, 0,
                                       [&] { return files_->OpenFile(path); }));
    return std::make_unique<MeteredReadableFile>(std::move(file), meter_);
  }
  absl::StatusOr<std::vector<DirectoryEntry>> List(
      absl::string_view path) override {
    return meter_.Measure(IoOperation::kList, 0,
                          [&] { return files_->List(path); });
  }
  absl::Status RemoveFile(absl::string_view path) override {
    return meter_.Measure(IoOperation::kRemove, 0,
                          [&] { return files_->RemoveFile(path); });
  }
  absl::Status RemoveTree(absl::string_view path) override {
    return meter_.Measure(IoOperation::kRemove, 0,
                          [&] { return files_->RemoveTree(path); });
  }
  absl::StatusOr<VolumeSpace> Space() override {
    return meter_.Measure(IoOperation::kStat, 0,
                          [&] { return files_->Space(); });
  }

 private:
  const std::shared_ptr<FileSystem> files_;
  const Meter meter_;
};

}  // namespace

std::shared_ptr<FileSystem> MakeMeteredFileSystem(
    std::shared_ptr<FileSystem> files, std::shared_ptr<ArtifactMetrics> metrics,
    Clock& clock) {
  return std::make_shared<MeteredFileSystem>(std::move(files),
                                             Meter{std::move(metrics), clock});
}

}  // namespace stagecoach
