#include "services/common/artifact/fault_file_system.h"

#include <atomic>
#include <utility>

#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// Counts the calls; shared by a file system and its open files.
class Fault {
 public:
  explicit Fault(FaultOptions options) : options_(std::move(options)) {}

  bool fired() const { return calls_ >= options_.nth; }

  // Runs `call`, unless it is its turn to fail.
  template <typename Call>
  auto Run(Call&& call) -> decltype(call()) {
    if (!NextFails()) return call();
    if (options_.after_effect) call().IgnoreError();
    return options_.error;
  }

  // The same for a call that finds another state the second time.
  template <typename Call>
  absl::Status RunRepeatable(Call&& call) {
    return Run([&] {
      if (options_.repeats) call().IgnoreError();
      return call();
    });
  }

  // The same, with `half` as the effect of a call that fails.
  template <typename Call, typename Half>
  absl::Status Run(Call&& call, Half&& half) {
    if (!NextFails()) return call();
    (options_.after_effect ? call() : half()).IgnoreError();
    return options_.error;
  }

 private:
  bool NextFails() {
    if (options_.repeats) return false;
    const int number = ++calls_;
    return options_.for_good ? number >= options_.nth : number == options_.nth;
  }

  const FaultOptions options_;
  std::atomic<int> calls_ = 0;
};

class FaultWritableFile final : public WritableFile {
 public:
  FaultWritableFile(std::unique_ptr<WritableFile> file,
                    std::shared_ptr<Fault> fault)
      : file_(std::move(file)), fault_(std::move(fault)) {}

  absl::Status Append(absl::Span<const absl::string_view> pieces) override {
    return fault_->Run([&] { return file_->Append(pieces); },
                       [&] { return AppendHalf(pieces); });
  }
  absl::Status Sync() override {
    return fault_->Run([&] { return file_->Sync(); });
  }

 private:
  absl::Status AppendHalf(absl::Span<const absl::string_view> pieces) {
    for (absl::string_view piece : pieces) {
      SC_RETURN_IF_ERROR(file_->Append({piece.substr(0, piece.size() / 2)}));
    }
    return absl::OkStatus();
  }

  const std::unique_ptr<WritableFile> file_;
  const std::shared_ptr<Fault> fault_;
};

class FaultReadableFile final : public ReadableFile {
 public:
  FaultReadableFile(std::unique_ptr<ReadableFile> file,
                    std::shared_ptr<Fault> fault)
      : file_(std::move(file)), fault_(std::move(fault)) {}

  const FileInfo& info() const override { return file_->info(); }
  absl::StatusOr<size_t> Read(int64_t offset,
                              absl::Span<char> buffer) const override {
    return fault_->Run([&] { return file_->Read(offset, buffer); });
  }
  absl::StatusOr<MappedBytes> Map() const override {
    return fault_->Run([&] { return file_->Map(); });
  }

 private:
  const std::unique_ptr<ReadableFile> file_;
  const std::shared_ptr<Fault> fault_;
};

class FaultFileSystemImpl final : public FaultFileSystem {
 public:
  FaultFileSystemImpl(std::shared_ptr<FileSystem> files, FaultOptions options)
      : files_(std::move(files)),
        fault_(std::make_shared<Fault>(std::move(options))) {}

  bool fired() const override { return fault_->fired(); }
  const std::string& volume() const override { return files_->volume(); }

  absl::Status CreateDirectory(absl::string_view path) override {
    return fault_->RunRepeatable([&] { return files_->CreateDirectory(path); });
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      absl::string_view path) override {
    SC_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                        fault_->Run([&] { return files_->CreateFile(path); }));
    return std::make_unique<FaultWritableFile>(std::move(file), fault_);
  }
  absl::Status Rename(absl::string_view from, absl::string_view to) override {
    return fault_->Run([&] { return files_->Rename(from, to); });
  }
  absl::Status SyncDirectory(absl::string_view path) override {
    return fault_->Run([&] { return files_->SyncDirectory(path); });
  }
  absl::StatusOr<FileInfo> Stat(absl::string_view path) override {
    return fault_->Run([&] { return files_->Stat(path); });
  }
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFile(
      absl::string_view path) override {
    SC_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> file,
                        fault_->Run([&] { return files_->OpenFile(path); }));
    return std::make_unique<FaultReadableFile>(std::move(file), fault_);
  }
  absl::StatusOr<std::vector<DirectoryEntry>> List(
      absl::string_view path) override {
    return fault_->Run([&] { return files_->List(path); });
  }
  absl::Status RemoveFile(absl::string_view path) override {
    return fault_->RunRepeatable([&] { return files_->RemoveFile(path); });
  }
  absl::Status RemoveTree(absl::string_view path) override {
    return fault_->RunRepeatable([&] { return files_->RemoveTree(path); });
  }
  absl::StatusOr<VolumeSpace> Space() override {
    return fault_->Run([&] { return files_->Space(); });
  }

 private:
  const std::shared_ptr<FileSystem> files_;
  const std::shared_ptr<Fault> fault_;
};

}  // namespace

std::shared_ptr<FaultFileSystem> MakeFaultFileSystem(
    std::shared_ptr<FileSystem> files, FaultOptions options) {
  return std::make_shared<FaultFileSystemImpl>(std::move(files),
                                               std::move(options));
}

}  // namespace stagecoach
