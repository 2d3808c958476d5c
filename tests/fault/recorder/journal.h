// What the recorder stages of a test have executed, in a file that outlives
// them.

#ifndef TESTS_FAULT_RECORDER_JOURNAL_H_
#define TESTS_FAULT_RECORDER_JOURNAL_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/contract/execution_id.h"

namespace stagecoach {

// Names the file, in the environment of a recorder.
inline constexpr char kJournalVariable[] = "STAGECOACH_JOURNAL";

// An execution that began.
struct JournalEntry {
  ExecutionId id;
  // By the clock that files are dated with.
  absl::Time begin;
};

// Adds a line; whole also if the process is killed, and among the lines of
// other processes. Nothing without the variable.
void RecordBegin(const std::string& execution_id);

// All entries, in the order in which they were written.
std::vector<JournalEntry> ReadJournal(const std::string& path);

}  // namespace stagecoach

#endif  // TESTS_FAULT_RECORDER_JOURNAL_H_
