#include "orchestrator/cli/cluster/processes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/cluster/files.h"
#include "services/common/base/ids.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::Eq;

class ProcessesTest : public testing::Test {
 protected:
  ProcessesTest()
      : log_(testing::TempDir() + "processes-" + RandomId(12) + ".log") {}
  ~ProcessesTest() override { std::filesystem::remove(log_); }

  int64_t Shell(const std::string& script) {
    return processes_.Start({"/bin/sh", {"-c", script}, log_}).value();
  }

  // Waits for a real process; it ends by itself or was told to.
  std::string AwaitEnd(int64_t pid) {
    while (true) {
      if (const auto end = processes_.HowEnded(pid)) return *end;
    }
  }

  // A process that is just becoming its program has no arguments yet.
  std::vector<std::string> AwaitArguments(int64_t pid) {
    while (true) {
      const auto arguments = processes_.ArgumentsOf(pid);
      if (!arguments.empty()) return arguments;
    }
  }

  PosixProcesses processes_;
  const std::string log_;
};

TEST_F(ProcessesTest, TellsHowAProcessEndedAndKeepsItsOutput) {
  const int64_t pid = Shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(AwaitEnd(pid), "exit code 3");
  EXPECT_THAT(ReadFile(log_), IsOkAndHolds("out\nerr\n"));
}

TEST_F(ProcessesTest, AppendsToTheLog) {
  AwaitEnd(Shell("echo one"));
  AwaitEnd(Shell("echo two"));
  EXPECT_THAT(ReadFile(log_), IsOkAndHolds("one\ntwo\n"));
}

TEST_F(ProcessesTest, AMissingProgramIsNotFound) {
  EXPECT_THAT(processes_.Start({log_ + "-none", {}, log_}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ProcessesTest, KnowsAProcessByProgramAndArgument) {
  const int64_t pid = processes_.Start({"/bin/sleep", {"1000"}, log_}).value();
  EXPECT_THAT(AwaitArguments(pid), ElementsAre("/bin/sleep", "1000"));
  const std::string program =
      std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe")
          .filename();
  EXPECT_TRUE(processes_.IsRunning({pid, program, "1000"}));
  EXPECT_FALSE(processes_.IsRunning({pid, program, "100"}));
  EXPECT_FALSE(processes_.IsRunning({pid, "stagecoach-train", "1000"}));

  ASSERT_OK(processes_.Terminate(pid));
  EXPECT_EQ(AwaitEnd(pid), "killed by signal 15");
  EXPECT_FALSE(processes_.IsRunning({pid, program, "1000"}));
  EXPECT_OK(processes_.Terminate(pid));
}

TEST_F(ProcessesTest, AProcessHasASessionOfItsOwn) {
  const int64_t pid = processes_.Start({"/bin/sleep", {"1000"}, log_}).value();
  EXPECT_EQ(::getsid(static_cast<pid_t>(pid)), pid);
  ASSERT_OK(processes_.Kill(pid));
  EXPECT_EQ(AwaitEnd(pid), "killed by signal 9");
}

TEST_F(ProcessesTest, AProcessThatRunsHasNotEnded) {
  const int64_t pid = processes_.Start({"/bin/sleep", {"1000"}, log_}).value();
  EXPECT_THAT(processes_.HowEnded(pid), Eq(std::nullopt));
  ASSERT_OK(processes_.Kill(pid));
  AwaitEnd(pid);
}

TEST_F(ProcessesTest, NeverTakesNoProcessForOne) {
  EXPECT_FALSE(processes_.IsRunning({0, "sh", ""}));
  EXPECT_FALSE(processes_.IsRunning({-1, "sh", ""}));
}

TEST_F(ProcessesTest, APortIsFreeUntilSomebodyListensOnIt) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  const int port = ntohs(address.sin_port);
  EXPECT_FALSE(processes_.PortIsFree(port));
  ::close(listener);
  EXPECT_TRUE(processes_.PortIsFree(port));
}

}  // namespace
}  // namespace stagecoach
