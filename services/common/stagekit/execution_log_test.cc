#include "services/common/stagekit/execution_log.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/base/fake_clock.h"
#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr char kPath[] = "runs/r/train/logs/1.log";

class ExecutionLogTest : public testing::Test {
 protected:
  std::shared_ptr<ExecutionLog> Open(const std::string& path = kPath) {
    return std::make_shared<ExecutionLog>(files_, path, writer_, timers_,
                                          clock_);
  }

  // Runs what is due, and waits until it is written.
  void Flush() {
    timers_.RunDueForTest();
    absl::Notification written;
    ASSERT_TRUE(writer_->Submit([&] { written.Notify(); }).ok());
    written.WaitForNotification();
  }

  std::string Written() { return files_->Content(kPath); }

  static v1::Progress Epoch(int epoch) {
    v1::Progress progress;
    progress.set_unit("epoch");
    progress.set_units_done(epoch);
    progress.set_units_total(100);
    progress.set_fraction(epoch / 100.0);
    (*progress.mutable_metrics())["loss"] = 0.5;
    return progress;
  }

  FakeClock clock_;
  TimerQueue timers_{clock_, TimerQueue::ManualForTest()};
  std::shared_ptr<MemoryFileSystem> files_ =
      std::make_shared<MemoryFileSystem>();
  std::shared_ptr<BoundedExecutor> writer_ =
      std::make_shared<BoundedExecutor>("logs", 1, 64);
};

TEST_F(ExecutionLogTest, SaysWhatWasDoneAndHowItEnded) {
  v1::StageDescription description;
  description.set_name("train");
  CheckedRequest request;
  request.id = {"r", "train", 1};
  request.parameters["epochs"] = IntegerValue(100);
  request.inputs["X"].set_uri("pvc://artifacts/x.safetensors");
  const auto log = Open();
  log->Begin(description, request);
  log->Add(LogLevel::kWarning, "a damaged checkpoint is passed over", {});
  log->End(absl::NotFoundError("no X"), {});
  Flush();
  EXPECT_THAT(
      std::vector<std::string>(absl::StrSplit(Written(), '\n')),
      ElementsAre(HasSubstr("execution=r/train/1 stage=train"),
                  HasSubstr("X=pvc://artifacts/x.safetensors"),
                  HasSubstr("parameters epochs=100"),
                  HasSubstr("WARNING a damaged checkpoint"),
                  HasSubstr("ERROR execution ended status=\"NOT_FOUND: no X\""),
                  ""));
}

// Of a stage without outputs.
class ExecutionLogOfNothingTest : public ExecutionLogTest {
 protected:
  std::shared_ptr<ExecutionLog> Begin() {
    auto log = Open();
    request_.id = {"r", "noop", 1};
    log->Begin(description_, request_);
    return log;
  }

  const v1::StageDescription description_;
  CheckedRequest request_;
};

TEST_F(ExecutionLogOfNothingTest, LeavesNothingIfThereIsNothingToSay) {
  Begin()->End(v1::ExecutionResult(), {});
  clock_.Advance(absl::Seconds(1));
  Flush();
  EXPECT_THAT(files_->AllFiles(), SizeIs(0));
}

TEST_F(ExecutionLogOfNothingTest, KeepsABadEnd) {
  Begin()->End(absl::InternalError("fell over"), {});
  Flush();
  EXPECT_THAT(Written(),
              AllOf(HasSubstr("execution started"), HasSubstr("fell over")));
}

TEST_F(ExecutionLogOfNothingTest, KeepsWhatTheStageSays) {
  const auto log = Begin();
  log->Add(LogLevel::kInfo, "looked around", {});
  log->End(v1::ExecutionResult(), {});
  Flush();
  EXPECT_THAT(Written(),
              AllOf(HasSubstr("execution started"), HasSubstr("looked around"),
                    HasSubstr("execution ended")));
}

TEST_F(ExecutionLogOfNothingTest, KeepsAReport) {
  const auto log = Begin();
  log->AddProgress(Epoch(1));
  log->End(v1::ExecutionResult(), {});
  Flush();
  EXPECT_THAT(Written(), HasSubstr("epoch=1/100"));
}

TEST_F(ExecutionLogOfNothingTest, KeepsThatItTookLong) {
  const auto log = Begin();
  clock_.Advance(absl::Seconds(1));
  Flush();
  EXPECT_THAT(Written(), HasSubstr("execution started"));
  log->End(v1::ExecutionResult(), {});
  Flush();
  EXPECT_THAT(Written(), HasSubstr("execution ended"));
}

TEST_F(ExecutionLogTest, WritesOnceASecondWhileItRuns) {
  const auto log = Open();
  log->Add(LogLevel::kInfo, "first", {});
  Flush();
  EXPECT_THAT(files_->AllFiles(), SizeIs(0));
  clock_.Advance(absl::Seconds(1));
  Flush();
  EXPECT_THAT(Written(), HasSubstr("first"));
}

TEST_F(ExecutionLogTest, ReportsAreThinnedOutButForTheLast) {
  const auto log = Open();
  log->AddProgress(Epoch(1));
  log->AddProgress(Epoch(2));
  clock_.Advance(absl::Milliseconds(1500));
  log->AddProgress(Epoch(50));
  log->AddProgress(Epoch(99));
  log->AddProgress(Epoch(100));
  log->End(v1::ExecutionResult(), {});
  Flush();
  EXPECT_THAT(std::vector<std::string>(absl::StrSplit(Written(), '\n')),
              ElementsAre(HasSubstr("epoch=1/100 loss=0.5"),
                          HasSubstr("epoch=50/100"), HasSubstr("epoch=100/100"),
                          HasSubstr("execution ended status=OK"), ""));
}

TEST_F(ExecutionLogTest, IsBoundedAndStillSaysHowItEnded) {
  const auto log = Open();
  for (int i = 0; i < 40; ++i) {
    log->Add(LogLevel::kInfo, std::string(100'000, 'x'), {});
  }
  log->End(v1::ExecutionResult(), {});
  Flush();
  const std::string written = Written();
  EXPECT_LT(written.size(), (1 << 20) + 200'000);
  EXPECT_THAT(written.substr(written.size() - 400),
              HasSubstr("records were dropped: the log is full records=29"));
  EXPECT_THAT(written.substr(written.size() - 400),
              HasSubstr("execution ended"));
}

TEST_F(ExecutionLogTest, OneThatIsDoneAgainKeepsWhatTheFirstWrote) {
  Open()->End(absl::UnavailableError("lost"), {});
  Flush();
  Open()->End(v1::ExecutionResult(), {});
  Flush();
  EXPECT_THAT(Written(), HasSubstr("lost"));
  EXPECT_THAT(files_->Content(std::string(kPath) + ".1"), HasSubstr("OK"));
}

class HangingFiles : public MemoryFileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> CreateFile(
      absl::string_view path) override {
    answer.WaitForNotification();
    return MemoryFileSystem::CreateFile(path);
  }
  absl::Notification answer;
};

TEST_F(ExecutionLogTest, NobodyWaitsForAVolumeThatHangs) {
  const auto hanging = std::make_shared<HangingFiles>();
  files_ = hanging;
  for (int i = 0; i < 200; ++i) {
    const auto log = Open(absl::StrCat("runs/r/", i, ".log"));
    log->Add(LogLevel::kInfo, "said", {});
    log->End(v1::ExecutionResult(), {});
  }
  hanging->answer.Notify();
  writer_->Shutdown();
  EXPECT_THAT(files_->Content("runs/r/0.log"), HasSubstr("said"));
}

}  // namespace
}  // namespace stagecoach
