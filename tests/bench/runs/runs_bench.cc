// What a run costs above the work itself: runs of no-op steps, one after the
// other, against real processes with a store that syncs every commit; then as
// many as possible with many callers at once.
//
//   stagecoach-runs-bench [--runs N] [--callers N] [--seconds N] [--steps N]
//
// Prints a Markdown table. CPU time is that of the processes, so that figures
// can be compared on a machine that has other things to do.

#include <grpcpp/channel.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/client_stream_call.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

constexpr int kWarmUp = 200;

struct BenchOptions {
  int runs = 2000;
  int callers = 64;
  int seconds = 10;
  int steps = 4;
};

// Steps that do nothing and need nothing, so that they run at once.
std::string NoopPipeline(int steps) {
  std::string yaml =
      "apiVersion: stagecoach/v1\n"
      "kind: Pipeline\n"
      "metadata: {name: noop}\n"
      "spec:\n"
      "  steps:\n";
  for (int i = 0; i < steps; ++i) {
    absl::StrAppend(&yaml, "    - {name: step-", i, ", stage: noop}\n");
  }
  return yaml;
}

// Time on a processor so far, user and kernel.
absl::Duration CpuTime(pid_t pid) {
  const std::string stat = ReadWholeFile(absl::StrCat("/proc/", pid, "/stat"));
  const std::vector<std::string> fields =
      absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
  int64_t user = 0;
  int64_t kernel = 0;
  if (!absl::SimpleAtoi(fields[11], &user) ||
      !absl::SimpleAtoi(fields[12], &kernel)) {
    return absl::ZeroDuration();
  }
  return absl::Seconds(static_cast<double>(user + kernel) /
                       static_cast<double>(sysconf(_SC_CLK_TCK)));
}

class RunsBench {
 public:
  explicit RunsBench(const BenchOptions& options) : options_(options) {}

  absl::Status Run() {
    SC_RETURN_IF_ERROR(
        cluster_.Start("noop", {"--slots=256", "--log-level=warning"}));
    SC_RETURN_IF_ERROR(cluster_.Start("orchestrator", {"--log-level=warning"}));
    stub_ = v1::Orchestrator::NewStub(
        MakeChannel(cluster_.endpoints("orchestrator").grpc));
    SC_RETURN_IF_ERROR(Apply());
    for (int i = 0; i < kWarmUp; ++i) SC_RETURN_IF_ERROR(OneRun());
    std::printf("| %d no-op steps | wall | CPU orchestrator | CPU stage |\n",
                options_.steps);
    std::printf("|---|---|---|---|\n");
    SC_RETURN_IF_ERROR(InSequence());
    return AtOnce();
  }

 private:
  // CPU time of both processes since the last call.
  struct Cpu {
    absl::Duration orchestrator;
    absl::Duration stage;
  };
  Cpu TakeCpu() {
    const Cpu now = {CpuTime(cluster_.process("orchestrator").pid()),
                     CpuTime(cluster_.process("noop").pid())};
    const Cpu since = {now.orchestrator - cpu_.orchestrator,
                       now.stage - cpu_.stage};
    cpu_ = now;
    return since;
  }

  absl::Status Apply() {
    grpc::ClientContext context;
    SetTimeout(context, kPatience);
    v1::ApplyPipelineRequest request;
    request.set_yaml(NoopPipeline(options_.steps));
    v1::ApplyPipelineResponse response;
    return FromGrpcStatus(stub_->ApplyPipeline(&context, request, &response),
                          context);
  }

  // Starts a run and tells `done` how it ended.
  void StartRun(std::function<void(absl::Status)> done) {
    struct Call {
      v1::ExecuteRunRequest request;
      absl::Status ended = absl::InternalError("no end was reported");
    };
    auto call = std::make_shared<Call>();
    call->request.mutable_run()->set_pipeline("noop");
    ClientStreamCall<v1::ExecuteRunResponse>::Start(
        kPatience,
        [this, &call](auto* context, auto* reactor) {
          stub_->async()->ExecuteRun(context, &call->request, reactor);
        },
        [call](const v1::ExecuteRunResponse& response) {
          if (!response.has_ended()) return;
          call->ended =
              response.ended().state() == v1::RUN_STATE_SUCCEEDED
                  ? absl::OkStatus()
                  : absl::InternalError(response.ended().error().message());
        },
        [call, done](const absl::Status& status) {
          done(status.ok() ? call->ended : status);
        });
  }

  absl::Status OneRun() {
    absl::Notification ended;
    absl::Status result;
    StartRun([&](const absl::Status& status) {
      result = status;
      ended.Notify();
    });
    ended.WaitForNotification();
    return result;
  }

  absl::Status InSequence() {
    std::vector<absl::Duration> times;
    times.reserve(options_.runs);
    TakeCpu();
    for (int i = 0; i < options_.runs; ++i) {
      const absl::Time start = absl::Now();
      SC_RETURN_IF_ERROR(OneRun());
      times.push_back(absl::Now() - start);
    }
    const Cpu cpu = TakeCpu();
    std::sort(times.begin(), times.end());
    std::printf(
        "| one caller, %d runs | p50 %.2f ms, p99 %.2f ms | %.0f us/run | "
        "%.0f us/run |\n",
        options_.runs, Milliseconds(times[times.size() / 2]),
        Milliseconds(times[times.size() * 99 / 100]),
        1e3 * Milliseconds(cpu.orchestrator) / options_.runs,
        1e3 * Milliseconds(cpu.stage) / options_.runs);
    return absl::OkStatus();
  }

  static double Milliseconds(absl::Duration duration) {
    return absl::ToDoubleMilliseconds(duration);
  }

  // Every caller starts its next run when the one before has ended.
  absl::Status AtOnce() {
    std::atomic<int64_t> ended = 0;
    std::atomic<int64_t> failed = 0;
    absl::BlockingCounter callers(options_.callers);
    TakeCpu();
    const absl::Time start = absl::Now();
    const absl::Time end = start + absl::Seconds(options_.seconds);
    std::function<void(absl::Status)> next = [&](const absl::Status& status) {
      ++ended;
      if (!status.ok()) ++failed;
      if (absl::Now() < end) {
        StartRun(next);
      } else {
        callers.DecrementCount();
      }
    };
    for (int i = 0; i < options_.callers; ++i) StartRun(next);
    callers.Wait();
    const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
    const Cpu cpu = TakeCpu();
    const auto runs = static_cast<double>(ended.load());
    std::printf(
        "| %d callers, %.0f s | %.0f runs/s | %.0f us/run | %.0f us/run |\n",
        options_.callers, seconds, runs / seconds,
        1e3 * Milliseconds(cpu.orchestrator) / runs,
        1e3 * Milliseconds(cpu.stage) / runs);
    if (failed == 0) return absl::OkStatus();
    return absl::InternalError(absl::StrCat(failed.load(), " runs failed"));
  }

  const BenchOptions options_;
  TestCluster cluster_;
  std::unique_ptr<v1::Orchestrator::Stub> stub_;
  Cpu cpu_;
};

}  // namespace
}  // namespace stagecoach

int main(int argc, char** argv) {
  stagecoach::BenchOptions options;
  CLI::App app("Measures what a run costs above the work itself.");
  app.add_option("--runs", options.runs, "runs one after the other")
      ->check(CLI::PositiveNumber);
  app.add_option("--callers", options.callers, "runs at once")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", options.seconds, "how long those go on")
      ->check(CLI::PositiveNumber);
  app.add_option("--steps", options.steps, "steps of a run")
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = stagecoach::RunsBench(options).Run();
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
