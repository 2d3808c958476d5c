#include "orchestrator/store/postgres_server.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/store/postgres_connection.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(20);
constexpr char kUser[] = "stagecoach";
// The user of Debian's package.
constexpr char kSystemUser[] = "postgres";

// Debian keeps one folder of programs for each version.
std::string ProgramFolder() {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& version :
       std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::filesystem::path programs = version.path() / "bin";
    if (std::filesystem::exists(programs / "initdb", ignored)) {
      found.push_back(programs.string());
    }
  }
  std::sort(found.begin(), found.end());
  return found.empty() ? "" : found.back();
}

// Null: none is needed, or there is none.
const passwd* SystemUser() {
  return geteuid() == 0 ? getpwnam(kSystemUser) : nullptr;
}

struct Child {
  pid_t process = 0;
  int output = -1;  // what it writes
};

// Starts a program with both its outputs in one pipe. It gets SIGQUIT, at which
// PostgreSQL stops at once, when the thread that has started it ends.
Child Spawn(const std::vector<std::string>& arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  std::vector<char*> raw;
  raw.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) {
    raw.push_back(const_cast<char*>(argument.c_str()));
  }
  raw.push_back(nullptr);
  const passwd* user = SystemUser();
  const pid_t child = fork();
  if (child == 0) {
    if (user != nullptr &&
        (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
      _exit(126);
    }
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    setsid();  // Ctrl-C is for the test
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    if (chdir("/") == 0) execv(raw[0], raw.data());
    _exit(127);
  }
  close(ends[1]);
  return {child, ends[0]};
}

// Reads what `child` writes until it closes its outputs or has written `words`.
std::string ReadUntil(const Child& child, absl::string_view words) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t count = read(child.output, buffer, sizeof(buffer));
    if (count <= 0) return text;
    text.append(buffer, count);
    if (!words.empty() && absl::StrContains(text, words)) return text;
  }
}

absl::Status Failed(absl::string_view what, absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("PostgreSQL: ", what, ": ", why));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start() {
  // Short, because the name of a socket is at most 107 characters long.
  char folder[] = "/tmp/stagecoach-pg-XXXXXX";
  if (mkdtemp(folder) == nullptr) return Failed("mkdtemp", folder);
  std::unique_ptr<PostgresServer> server(new PostgresServer(folder));
  SC_RETURN_IF_ERROR(server->Initialise());
  SC_RETURN_IF_ERROR(server->Launch());
  return server;
}

PostgresServer& PostgresServer::Shared() {
  static const std::unique_ptr<PostgresServer> server = [] {
    absl::StatusOr<std::unique_ptr<PostgresServer>> started = Start();
    if (!started.ok()) {
      std::fprintf(stderr, "%s\n", started.status().ToString().c_str());
      std::exit(1);
    }
    return *std::move(started);
  }();
  return *server;
}

PostgresServer::~PostgresServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::Status PostgresServer::Initialise() {
  const std::string programs = ProgramFolder();
  if (programs.empty()) {
    return Failed("it is not installed", "install Debian's `postgresql`");
  }
  if (geteuid() == 0) {
    const passwd* user = SystemUser();
    if (user == nullptr) return Failed("there is no user", kSystemUser);
    if (chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) {
      return Failed("chown", folder_);
    }
  }
  const Child child =
      Spawn({programs + "/initdb", "--pgdata=" + folder_ + "/db",
             absl::StrCat("--username=", kUser), "--auth=trust", "--no-sync",
             "--no-locale", "--encoding=UTF8"});
  const std::string said = ReadUntil(child, "");
  close(child.output);
  int status = 0;
  waitpid(child.process, &status, 0);
  return status == 0 ? absl::OkStatus() : Failed("initdb", said);
}

absl::Status PostgresServer::Launch() {
  const std::string options[] = {"listen_addresses=",
                                 "unix_socket_directories=" + folder_,
                                 "fsync=off",
                                 "shared_buffers=32MB",
                                 "max_connections=100",
                                 "autovacuum=off",
                                 "log_min_messages=log",
                                 "log_checkpoints=off"};
  std::vector<std::string> arguments = {ProgramFolder() + "/postgres", "-D",
                                        folder_ + "/db"};
  for (const std::string& option : options) {
    arguments.insert(arguments.end(), {"-c", option});
  }
  const Child child = Spawn(arguments);
  process_ = child.process;
  const std::string said = ReadUntil(child, "ready to accept connections");
  // Its log is short: the pipe holds what else it says.
  if (absl::StrContains(said, "ready to accept connections")) {
    return absl::OkStatus();
  }
  close(child.output);
  return Failed("postgres", said);
}

void PostgresServer::Kill() {
  if (process_ == 0) return;
  kill(process_, SIGQUIT);
  waitpid(process_, nullptr, 0);
  process_ = 0;
}

absl::Status PostgresServer::Crash() {
  Kill();
  return Launch();
}

std::string PostgresServer::Url(absl::string_view name) const {
  return absl::StrCat("postgresql://", kUser, "@/", name, "?host=", folder_);
}

absl::StatusOr<std::string> PostgresServer::NewDatabase() {
  const std::string name = absl::StrCat("test", ++databases_);
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<PostgresConnection> db,
                      PostgresConnection::Open(Url("postgres"), kTimeout));
  SC_RETURN_IF_ERROR(db->RunScript(
      absl::StrCat("CREATE DATABASE ", name, " STRATEGY FILE_COPY")));
  return Url(name);
}

absl::StatusOr<std::string> PostgresServer::EmptiedDatabase() {
  if (emptied_.empty()) {
    SC_ASSIGN_OR_RETURN(emptied_, NewDatabase());
    return emptied_;
  }
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<PostgresConnection> db,
                      PostgresConnection::Open(emptied_, kTimeout));
  SC_RETURN_IF_ERROR(db->RunScript("DROP SCHEMA IF EXISTS stagecoach CASCADE"));
  return emptied_;
}

}  // namespace stagecoach
