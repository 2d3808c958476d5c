#include "orchestrator/cli/cluster/processes.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/cluster/files.h"

namespace stagecoach {
namespace {

namespace fs = std::filesystem;

absl::Status StartError(const std::string& program, int number) {
  const std::string message =
      absl::StrCat("cannot start ", program, ": ", std::strerror(number));
  if (number == ENOENT) return absl::NotFoundError(message);
  if (number == EACCES) return absl::PermissionDeniedError(message);
  return absl::UnavailableError(message);
}

absl::Status Signal(int64_t pid, int signal) {
  if (::kill(static_cast<pid_t>(pid), signal) == 0 || errno == ESRCH)
    return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("cannot signal process ", pid, ": ", std::strerror(errno)));
}

// Starts with every signal at its default, in a new session, without standard
// input.
int Spawn(const ProcessSpec& spec, char* const* arguments, pid_t* pid) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  absl::Cleanup free_files = [&files] {
    posix_spawn_file_actions_destroy(&files);
  };
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY,
                                   0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, spec.log_path.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  absl::Cleanup free_attributes = [&attributes] {
    posix_spawnattr_destroy(&attributes);
  };
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID |
                                            POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETSIGMASK);
  return ::posix_spawn(pid, spec.program.c_str(), &files, &attributes,
                       arguments, environ);
}

}  // namespace

absl::StatusOr<int64_t> PosixProcesses::Start(const ProcessSpec& spec) {
  std::vector<std::string> texts = {spec.program};
  texts.insert(texts.end(), spec.arguments.begin(), spec.arguments.end());
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error = Spawn(spec, arguments.data(), &pid);
  if (error != 0) return StartError(spec.program, error);
  return int64_t{pid};
}

std::optional<std::string> PosixProcesses::HowEnded(int64_t pid) {
  int state = 0;
  if (::waitpid(static_cast<pid_t>(pid), &state, WNOHANG) != pid)
    return std::nullopt;
  if (WIFSIGNALED(state)) {
    return absl::StrCat("killed by signal ", WTERMSIG(state));
  }
  return absl::StrCat("exit code ", WEXITSTATUS(state));
}

bool PosixProcesses::IsRunning(const ProcessIdentity& identity) {
  if (identity.pid <= 0) return false;
  std::error_code error;
  // A process that has ended and was not waited for has no executable.
  const std::string program =
      fs::read_symlink(absl::StrCat("/proc/", identity.pid, "/exe"), error)
          .string();
  if (error) return false;
  // A rebuilt program's running process shows the old file like this.
  const fs::path path(std::string(absl::StripSuffix(program, " (deleted)")));
  if (path.filename() != identity.program_name) return false;
  const std::vector<std::string> arguments = ArgumentsOf(identity.pid);
  return std::find(arguments.begin(), arguments.end(), identity.argument) !=
         arguments.end();
}

std::vector<std::string> PosixProcesses::ArgumentsOf(int64_t pid) {
  const absl::StatusOr<std::string> line =
      ReadFile(absl::StrCat("/proc/", pid, "/cmdline"));
  if (!line.ok() || line->empty()) return {};
  return absl::StrSplit(absl::StripSuffix(*line, absl::string_view("\0", 1)),
                        '\0');
}

absl::Status PosixProcesses::Terminate(int64_t pid) {
  return Signal(pid, SIGTERM);
}

absl::Status PosixProcesses::Kill(int64_t pid) { return Signal(pid, SIGKILL); }

bool PosixProcesses::PortIsFree(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  absl::Cleanup close_socket = [socket] { ::close(socket); };
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(socket, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) == 0;
}

std::string OwnProgramPath() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).string();
}

}  // namespace stagecoach
