// The command line with everything outside of it in memory.

#ifndef ORCHESTRATOR_CLI_APP_FIXTURE_H_
#define ORCHESTRATOR_CLI_APP_FIXTURE_H_

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "orchestrator/cli/app.h"
#include "orchestrator/cli/testing/fake_console.h"
#include "orchestrator/cli/testing/fake_interrupt.h"
#include "orchestrator/cli/testing/fake_orchestrator_client.h"
#include "orchestrator/cli/testing/sample_run.h"
#include "services/common/base/fake_clock.h"
#include "services/common/base/ids.h"

namespace stagecoach {

class AppTest : public testing::Test {
 protected:
  AppTest() : folder_(testing::TempDir() + "app-" + RandomId(12)) {
    std::filesystem::create_directories(folder_);
    environment_.program_path = folder_ + "/stagecoach";
    environment_.working_folder = folder_;
    environment_.home_folder = folder_;
    client_.runs = {SampleSucceededRun()};
    client_.pipelines = {SamplePipeline()};
  }
  ~AppTest() override { std::filesystem::remove_all(folder_); }

  // What `stagecoach WORDS` ends with; what it writes is in `console_`.
  int Run(const std::string& words) {
    return RunArguments(absl::StrSplit(words, ' ', absl::SkipEmpty()));
  }
  int RunArguments(const std::vector<std::string>& arguments) {
    console_.out.clear();
    console_.err.clear();
    Context context{{},
                    environment_,
                    absl::UTCTimeZone(),
                    console_,
                    clock_,
                    [this](const Context&)
                        -> absl::StatusOr<std::shared_ptr<OrchestratorClient>> {
                      if (!reachable_) return NotReachable("nobody there");
                      // The test keeps it: nothing is to be deleted.
                      return std::shared_ptr<OrchestratorClient>(
                          std::shared_ptr<void>(), &client_);
                    },
                    [this] {
                      auto interrupt = std::make_unique<FakeInterrupt>(clock_);
                      if (interrupted_) interrupt->Request();
                      return interrupt;
                    }};
    return static_cast<int>(RunCommandLine(arguments, context));
  }

  // A stream in which the sample run goes well.
  void ScriptSuccess() {
    std::vector<FeedItem> script = {FeedCreated{SampleRun()}};
    for (const v1::RunEvent& event : SampleEvents()) script.push_back(event);
    script.push_back(FeedEnded{SampleSucceededRun()});
    client_.scripts.push_back(script);
  }

  std::string UriOf(int step) const {
    return client_.runs.front().steps(step).outputs(0).uri();
  }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return name;
  }

  const std::string folder_;
  Environment environment_;
  FakeClock clock_;
  FakeConsole console_;
  FakeOrchestratorClient client_{clock_};
  bool reachable_ = true;
  bool interrupted_ = false;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_APP_FIXTURE_H_
