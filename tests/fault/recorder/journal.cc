#include "tests/fault/recorder/journal.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace stagecoach {

void RecordBegin(const std::string& execution_id) {
  const char* path = std::getenv(kJournalVariable);
  if (path == nullptr) return;
  timespec now = {};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  const std::string line = absl::StrCat(
      execution_id, " ", absl::ToUnixNanos(absl::TimeFromTimespec(now)), "\n");
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  // One write: the kernel lets no other come between.
  if (write(fd, line.data(), line.size()) != ssize_t(line.size())) std::abort();
  close(fd);
}

std::vector<JournalEntry> ReadJournal(const std::string& path) {
  std::vector<JournalEntry> entries;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    int64_t nanos = 0;
    absl::StatusOr<ExecutionId> id = ParseExecutionId(words[0]);
    if (words.size() != 2 || !id.ok() || !absl::SimpleAtoi(words[1], &nanos)) {
      std::abort();
    }
    entries.push_back({*std::move(id), absl::FromUnixNanos(nanos)});
  }
  return entries;
}

}  // namespace stagecoach
