// A run's events as plain lines, for logs and pipes.
//
//   15:04:05 airline-7k2m9q running
//   15:04:05 load succeeded in 12 ms: 3 artifacts
//   15:04:06 train epoch 10/100  loss 34211  rmse 210.1/401.2

#ifndef ORCHESTRATOR_CLI_RENDER_PLAIN_LINES_H_
#define ORCHESTRATOR_CLI_RENDER_PLAIN_LINES_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// Decides which events are worth a line, and words them: every change of
// state, every evaluation (a change of any value but `loss`), and otherwise
// one progress report of a step every few seconds.
//
// Threads: one at a time. Reads no clock: the events carry their time.
class PlainLines {
 public:
  PlainLines(absl::TimeZone zone, absl::Duration between_reports)
      : zone_(zone), between_reports_(between_reports) {}

  // The line for `event`, without line feed; empty for none. `run` is the run
  // with `event` already applied.
  std::string Format(const v1::RunEvent& event, const v1::Run& run);

 private:
  bool WorthALine(const v1::AttemptProgress& report, absl::Time time);

  // What was last said of a step.
  struct Said {
    absl::Time time = absl::InfinitePast();
    std::map<std::string, double> values;
  };

  const absl::TimeZone zone_;
  const absl::Duration between_reports_;
  std::map<std::string, Said> said_;  // by step
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_PLAIN_LINES_H_
