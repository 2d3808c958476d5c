// What every file system promises.

#include <prometheus/registry.h>

#include <filesystem>
#include <functional>
#include <string>

#include "services/common/artifact/file_system.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/artifact/metered_file_system.h"
#include "services/common/artifact/posix_file_system.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

std::shared_ptr<FileSystem> MakePosix(KernelFeatures features) {
  const std::string root = testing::TempDir() + "/files-" + RandomId(12);
  std::filesystem::create_directory(root);
  auto files = OpenPosixFileSystem("artifacts", root, features);
  EXPECT_OK(files);
  return *files;
}

struct Implementation {
  const char* name;
  std::function<std::shared_ptr<FileSystem>()> make;
};

prometheus::Registry& TestRegistry() {
  static prometheus::Registry& registry = *new prometheus::Registry;
  return registry;
}

class FileSystemContract : public testing::TestWithParam<Implementation> {
 protected:
  void Write(absl::string_view path, absl::string_view bytes) {
    ASSERT_OK(WriteWholeFile(*files_, path, bytes));
  }
  absl::StatusOr<std::string> Read(absl::string_view path) {
    return ReadWholeFile(*files_, path, 1 << 30);
  }

  std::shared_ptr<FileSystem> files_ = GetParam().make();
};

TEST_P(FileSystemContract, ReadsBackWhatWasAppended) {
  const auto file = files_->CreateFile("a");
  ASSERT_OK(file);
  EXPECT_OK((*file)->Append({"one ", "", "two "}));
  EXPECT_OK((*file)->Append({}));
  EXPECT_OK((*file)->Append({"three"}));
  EXPECT_OK((*file)->Sync());
  EXPECT_THAT(Read("a"), IsOkAndHolds("one two three"));
}

TEST_P(FileSystemContract, WritesManyPiecesAtOnce) {
  std::vector<absl::string_view> pieces(5000, "ab");
  const auto file = files_->CreateFile("a");
  ASSERT_OK(file);
  ASSERT_OK((*file)->Append(pieces));
  EXPECT_EQ(files_->Stat("a")->size_bytes, 10'000);
}

TEST_P(FileSystemContract, ReadsFromAnyOffset) {
  Write("a", "0123456789");
  const auto file = files_->OpenFile("a");
  ASSERT_OK(file);
  std::string buffer(4, ' ');
  EXPECT_THAT((*file)->Read(3, absl::MakeSpan(buffer)), IsOkAndHolds(4u));
  EXPECT_EQ(buffer, "3456");
  EXPECT_THAT((*file)->Read(8, absl::MakeSpan(buffer)), IsOkAndHolds(2u));
  EXPECT_THAT((*file)->Read(100, absl::MakeSpan(buffer)), IsOkAndHolds(0u));
}

TEST_P(FileSystemContract, MapsFilesOfAnySize) {
  for (const size_t size : {0, 1, 4096, 3 << 20}) {
    const std::string path = std::to_string(size);
    const std::string content(size, 'x');
    Write(path, content);
    const auto file = files_->OpenFile(path);
    ASSERT_OK(file);
    const auto mapped = (*file)->Map();
    ASSERT_OK(mapped);
    EXPECT_EQ(mapped->bytes, content);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(mapped->bytes.data()) % 16, 0u);
  }
}

TEST_P(FileSystemContract, MappedBytesOutliveTheirFile) {
  const std::string content(3 << 20, 'x');
  Write("a", content);
  auto file = files_->OpenFile("a");
  ASSERT_OK(file);
  const auto mapped = (*file)->Map();
  ASSERT_OK(mapped);
  file->reset();
  ASSERT_OK(files_->RemoveFile("a"));
  EXPECT_EQ(mapped->bytes, content);
}

TEST_P(FileSystemContract, NeverCreatesOverAName) {
  Write("a", "kept");
  EXPECT_THAT(files_->CreateFile("a"), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(files_->CreateDirectory("a"),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(Read("a"), IsOkAndHolds("kept"));
}

TEST_P(FileSystemContract, RenamesFilesAndDirectories) {
  ASSERT_OK(files_->CreateDirectory("d"));
  Write("d/a", "1");
  ASSERT_OK(files_->Rename("d/a", "d/b"));
  ASSERT_OK(files_->Rename("d", "e"));
  EXPECT_THAT(Read("e/b"), IsOkAndHolds("1"));
  EXPECT_THAT(files_->Stat("d"), StatusIs(StatusCode::kNotFound));
}

TEST_P(FileSystemContract, NeverRenamesOverAName) {
  Write("a", "1");
  Write("b", "2");
  EXPECT_THAT(files_->Rename("a", "b"), StatusIs(StatusCode::kAlreadyExists));
  ASSERT_OK(files_->CreateDirectory("d"));
  ASSERT_OK(files_->CreateDirectory("empty"));
  EXPECT_THAT(files_->Rename("d", "empty"),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(Read("a"), IsOkAndHolds("1"));
  EXPECT_THAT(Read("b"), IsOkAndHolds("2"));
}

TEST_P(FileSystemContract, NamesWhatIsNotThere) {
  EXPECT_THAT(
      files_->OpenFile("no/a"),
      StatusIs(StatusCode::kNotFound, HasSubstr("pvc://artifacts/no/a: ")));
  EXPECT_THAT(files_->CreateFile("no/a"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(files_->CreateDirectory("no/a"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(files_->Stat("a"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(files_->List("a"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(files_->Rename("a", "b"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(files_->RemoveFile("a"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(files_->RemoveTree("a"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(files_->SyncDirectory("a"), StatusIs(StatusCode::kNotFound));
}

TEST_P(FileSystemContract, RefusesAFileWhereADirectoryMustBe) {
  Write("a", "1");
  EXPECT_THAT(files_->OpenFile("a/b"),
              StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(files_->List("a"), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(files_->RemoveTree("a"),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST_P(FileSystemContract, RefusesADirectoryWhereAFileMustBe) {
  ASSERT_OK(files_->CreateDirectory("d"));
  EXPECT_THAT(files_->OpenFile("d"), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(files_->RemoveFile("d"),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST_P(FileSystemContract, RefusesPathsThatAreNotRelativeToTheVolume) {
  for (const absl::string_view path :
       {absl::string_view("/etc/passwd"), absl::string_view("../a"),
        absl::string_view("a/../../b"), absl::string_view("a//b"),
        absl::string_view("a\0b", 3)}) {
    EXPECT_THAT(files_->OpenFile(path), StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(files_->CreateFile(path),
                StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(files_->Stat(path), StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(files_->RemoveTree(path),
                StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(files_->OpenFile(""), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(files_->RemoveTree(""), StatusIs(StatusCode::kInvalidArgument));
}

TEST_P(FileSystemContract, ListsSortedWithKinds) {
  Write("b", "");
  Write(".hidden", "");
  ASSERT_OK(files_->CreateDirectory("a"));
  const auto entries = files_->List("");
  ASSERT_OK(entries);
  EXPECT_THAT(*entries, ElementsAre(Field(&DirectoryEntry::name, ".hidden"),
                                    Field(&DirectoryEntry::name, "a"),
                                    Field(&DirectoryEntry::name, "b")));
  EXPECT_EQ((*entries)[1].kind, FileKind::kDirectory);
  EXPECT_EQ((*entries)[2].kind, FileKind::kFile);
}

TEST_P(FileSystemContract, StatTellsFilesApart) {
  Write("a", "123");
  Write("b", "123");
  const auto a = files_->Stat("a");
  const auto b = files_->Stat("b");
  ASSERT_OK(a);
  ASSERT_OK(b);
  EXPECT_EQ(a->size_bytes, 3);
  EXPECT_EQ(a->kind, FileKind::kFile);
  EXPECT_NE(a->inode, b->inode);
  EXPECT_EQ(files_->Stat("")->kind, FileKind::kDirectory);
}

TEST_P(FileSystemContract, RemovesAWholeTree) {
  ASSERT_OK(CreateDirectories(*files_, "d/e/f"));
  Write("d/e/f/a", "1");
  Write("d/b", "2");
  ASSERT_OK(files_->RemoveTree("d"));
  EXPECT_THAT(files_->List(""), IsOkAndHolds(IsEmpty()));
}

TEST_P(FileSystemContract, CreateDirectoriesMakesWhatIsMissing) {
  ASSERT_OK(CreateDirectories(*files_, "a/b"));
  ASSERT_OK(CreateDirectories(*files_, "a/b/c/d"));
  ASSERT_OK(CreateDirectories(*files_, "a/b/c/d"));
  EXPECT_EQ(files_->Stat("a/b/c/d")->kind, FileKind::kDirectory);
  EXPECT_OK(SyncWithParents(*files_, "a/b/c/d"));
}

TEST_P(FileSystemContract, ReadWholeFileHasALimit) {
  Write("a", "1234");
  EXPECT_THAT(ReadWholeFile(*files_, "a", 4), IsOkAndHolds("1234"));
  EXPECT_THAT(ReadWholeFile(*files_, "a", 3),
              StatusIs(StatusCode::kFailedPrecondition,
                       HasSubstr("has 4 bytes; at most 3 are read")));
}

TEST_P(FileSystemContract, TellsItsFreeSpace) {
  const auto space = files_->Space();
  ASSERT_OK(space);
  EXPECT_GT(space->free_bytes, 0);
}

INSTANTIATE_TEST_SUITE_P(
    All, FileSystemContract,
    testing::Values(
        Implementation{"Posix",
                       [] { return MakePosix(KernelFeatures::kDetect); }},
        Implementation{"PosixOnAnOldKernel",
                       [] { return MakePosix(KernelFeatures::kPortable); }},
        Implementation{"Memory",
                       [] { return std::make_shared<MemoryFileSystem>(); }},
        Implementation{"Metered",
                       [] {
                         return MakeMeteredFileSystem(
                             std::make_shared<MemoryFileSystem>(),
                             std::make_shared<ArtifactMetrics>(TestRegistry()),
                             Clock::Real());
                       }}),
    [](const auto& implementation) {
      return std::string(implementation.param.name);
    });

}  // namespace
}  // namespace stagecoach
