// Whether what the system promises of runs holds for one that has ended: the
// record, the files on the volume and the journal of the stages say the same.

#ifndef TESTS_FAULT_PROMISES_H_
#define TESTS_FAULT_PROMISES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"
#include "tests/fault/recorder/journal.h"

namespace stagecoach {

// What was looked at.
struct PromiseFigures {
  int runs = 0;
  int steps = 0;
  int attempts = 0;
  int lost_attempts = 0;
  int executions = 0;
  int artifacts = 0;

  // One line.
  std::string ToString() const;
};

// Threads: one at a time.
class PromiseChecker {
 public:
  // `volume` is the folder of the volume, `journal` all that was recorded.
  PromiseChecker(std::string volume, const std::vector<JournalEntry>& journal);

  // Fails the test unless
  //   - the run has ended, and so has every step;
  //   - of a step that succeeded exactly one attempt counts, the last;
  //   - its outputs are there, whole, with their recorded size and digest;
  //   - no execution of it began after it had published them;
  //   - nothing was executed that has no attempt in the record.
  void Check(const v1::Run& run);

  const PromiseFigures& figures() const { return figures_; }

 private:
  void CheckStep(const v1::Run& run, const v1::Step& step);
  void CheckOutputs(const v1::Step& step);
  void CheckExecutions(const v1::Run& run, const v1::Step& step);

  const std::string volume_;
  // By how much the clock that dates its files is ahead.
  const absl::Duration ahead_;
  // By `<run>/<step>`.
  std::map<std::string, std::vector<JournalEntry>> executions_;
  PromiseFigures figures_;
};

}  // namespace stagecoach

#endif  // TESTS_FAULT_PROMISES_H_
