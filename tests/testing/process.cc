#include "tests/testing/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

extern char** environ;

namespace stagecoach {

namespace {

// Of a file below /proc/PID; empty words if there is none.
std::vector<std::string> Words(pid_t pid, absl::string_view file) {
  std::ifstream stream(absl::StrCat("/proc/", pid, "/", file));
  std::ostringstream text;
  text << stream.rdbuf();
  // The name of a program may hold blanks, but no `)` that ends it.
  const std::string all = text.str();
  const size_t name_end = all.rfind(')');
  return absl::StrSplit(
      name_end == std::string::npos ? all : all.substr(name_end + 1),
      absl::ByAnyChar(" \n"), absl::SkipEmpty());
}

int64_t IntegerAt(const std::vector<std::string>& words, size_t index) {
  int64_t value = 0;
  return index < words.size() && absl::SimpleAtoi(words[index], &value) ? value
                                                                        : 0;
}

}  // namespace

absl::Duration CpuTime(pid_t pid) {
  constexpr size_t kUser = 11;  // counted after the name
  const std::vector<std::string> words = Words(pid, "stat");
  const int64_t ticks = IntegerAt(words, kUser) + IntegerAt(words, kUser + 1);
  return absl::Seconds(1) * ticks / sysconf(_SC_CLK_TCK);
}

int64_t ResidentMemory(pid_t pid) {
  return IntegerAt(Words(pid, "statm"), 1) * sysconf(_SC_PAGESIZE);
}

absl::StatusOr<Process> Process::Start(
    const std::string& program, const std::vector<std::string>& arguments,
    const std::string& log_file, const std::vector<std::string>& environment) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_file.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  // The first of two values of a name counts.
  std::vector<char*> variables;
  for (const std::string& variable : environment) {
    variables.push_back(const_cast<char*>(variable.c_str()));
  }
  for (char** own = environ; *own != nullptr; ++own) variables.push_back(*own);
  variables.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program.c_str(), &actions, nullptr,
                                argv.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return absl::ErrnoToStatus(error, program);
  return Process(pid);
}

Process::~Process() {
  if (pid_ > 0 && !ended_) Kill();
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      exit_code_(other.exit_code_),
      ended_(other.ended_) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  if (pid_ > 0 && !ended_) Kill();
  pid_ = std::exchange(other.pid_, -1);
  exit_code_ = other.exit_code_;
  ended_ = other.ended_;
  return *this;
}

void Process::Signal(int signal) {
  if (running()) kill(pid_, signal);
}

void Process::Poll() {
  if (ended_ || pid_ <= 0) return;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return;
  ended_ = true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool Process::running() {
  Poll();
  return pid_ > 0 && !ended_;
}

absl::StatusOr<int> Process::Wait(absl::Duration limit) {
  if (!running()) return exit_code_;
  // A pidfd becomes readable when the process ends.
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (fd < 0) return absl::ErrnoToStatus(errno, "pidfd_open");
  pollfd waiting = {fd, POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(limit)));
  close(fd);
  if (!running()) return exit_code_;
  return absl::DeadlineExceededError(absl::StrCat(
      "process ", pid_, " still runs after ", absl::FormatDuration(limit)));
}

void Process::Kill() {
  Signal(SIGKILL);
  if (ended_) return;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
  exit_code_ = 128 + SIGKILL;
}

}  // namespace stagecoach
