// What runs cost, against real processes with a store that syncs every commit:
// one after the other, then as many as possible with many callers at once.
//
//   stagecoach-runs-bench [--workload noop|airline|bare|relay] [--runs N]
//       [--callers N] [--seconds N] [--steps N] [--slots N] [--repeats N]
//       [--events] [--call-each-execution] [--by-version] [--run-rows]
//       [--in-turns]
//
// Prints a JSON object of arrays, a value for each repeat: `p50_ms`, `p99_ms`,
// `each_ms` (one caller's runs in their order), `rate` (a second) and, for each
// process, the microseconds of CPU time that one run took with one caller
// (`one_us`) and with many (`many_us`), and its resident memory in MiB then
// (`rss_mib`). `times_ms` has where the time of some of one caller's runs went,
// as their records say.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "services/common/base/lock_order.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"
#include "tests/bench/runs/workloads.h"
#include "tests/testing/cluster.h"
#include "tests/testing/process.h"

namespace stagecoach {
namespace {

struct BenchOptions {
  std::string workload = "noop";
  int runs = 2000;
  int callers = 64;
  double seconds = 5;
  int steps = 4;
  int slots = 256;
  int repeats = 1;
  int warm_up = 200;
  bool events = false;
  bool call_each_execution = false;
  bool by_version = false;
  bool run_rows = false;
  bool in_turns = false;
};

class RunsBench {
 public:
  explicit RunsBench(BenchOptions options) : options_(std::move(options)) {}

  absl::Status Run() {
    SC_RETURN_IF_ERROR(Start());
    if (options_.in_turns) return InTurns();
    SC_RETURN_IF_ERROR(WarmUp());
    for (int i = 0; i < options_.repeats; ++i) SC_RETURN_IF_ERROR(Repeat());
    std::printf("%s\n", result_.dump(1).c_str());
    return absl::OkStatus();
  }

 private:
  // Others have had the processors meanwhile.
  absl::Status InTurns() {
    for (std::string line; std::getline(std::cin, line);) {
      result_.clear();
      SC_RETURN_IF_ERROR(WarmUp());
      SC_RETURN_IF_ERROR(Repeat());
      std::printf("%s\n", result_.dump().c_str());
      std::fflush(stdout);
    }
    return absl::OkStatus();
  }

  absl::Status WarmUp() {
    for (int i = 0; i < options_.warm_up; ++i) SC_RETURN_IF_ERROR(One());
    return absl::OkStatus();
  }

  absl::Status Repeat() {
    SC_RETURN_IF_ERROR(InSequence());
    SC_RETURN_IF_ERROR(LookAtSome());
    SC_RETURN_IF_ERROR(AtOnce());
    AddMemory();
    return absl::OkStatus();
  }

  absl::Status Start() {
    if (options_.workload == "relay") return StartRelay();
    const bool airline = options_.workload == "airline";
    names_ = airline ? std::vector<std::string>{"load", "prepare", "train",
                                                "forecast", "orchestrator"}
                     : std::vector<std::string>{"noop", "orchestrator"};
    for (const std::string& name : names_) {
      std::vector<std::string> flags = {"--log-level=warning"};
      if (name != "orchestrator") {
        flags.push_back(absl::StrCat("--slots=", options_.slots));
      } else if (options_.call_each_execution) {
        flags.emplace_back("--call-each-execution");
      }
      SC_RETURN_IF_ERROR(cluster_.Start(name, flags));
    }
    if (options_.workload == "bare") {
      workload_ = BareCalls(cluster_);
      return absl::OkStatus();
    }
    if (!airline) SC_RETURN_IF_ERROR(ApplyNoop());
    v1::ExecuteRunRequest request;
    request.mutable_run()->set_pipeline(options_.workload);
    // One by its version is not kept in memory.
    request.mutable_run()->set_pipeline_version(options_.by_version ? 1 : 0);
    request.set_without_events(!options_.events);
    workload_ = ExecuteRuns(cluster_, request,
                            [this](const v1::Run& run) { AddTimes(run); });
    return absl::OkStatus();
  }

  absl::Status StartRelay() {
    names_ = {"noop", "relay"};
    SC_RETURN_IF_ERROR(cluster_.Start("noop"));
    std::vector<std::string> flags = {
        "--stage=" + cluster_.endpoints("noop").grpc,
        absl::StrCat("--store=", cluster_.folder(), "/relay.db")};
    if (options_.run_rows) flags.emplace_back("--run-rows");
    SC_RETURN_IF_ERROR(cluster_.Start("relay", flags));
    workload_ = RelayedCalls(cluster_);
    return absl::OkStatus();
  }

  absl::Status ApplyNoop() {
    grpc::ClientContext context;
    SetTimeout(context, kPatience);
    v1::ApplyPipelineRequest request;
    request.set_yaml(NoopPipeline(options_.steps));
    v1::ApplyPipelineResponse response;
    return FromGrpcStatus(
        cluster_.orchestrator().ApplyPipeline(&context, request, &response),
        context);
  }

  // Adds what `runs` runs took of each process since the last call.
  void AddCpu(const std::string& key, double runs) {
    for (const std::string& name : names_) {
      const absl::Duration now = CpuTime(cluster_.process(name).pid());
      const absl::Duration since = now - std::exchange(cpu_[name], now);
      if (runs == 0) continue;
      result_[key][name].push_back(absl::ToDoubleMicroseconds(since) / runs);
    }
  }

  // Of one caller's runs: where the time went, of the run and of each step.
  void AddTimes(const v1::Run& run) {
    if (!looking_) return;
    const v1::RunTimes& times = run.times();
    nlohmann::json& of_run = result_["times_ms"]["the run"];
    AddTime(of_run["wait"], times.queue());
    AddTime(of_run["dispatch"], times.dispatch());
    AddTime(of_run["read"], times.read());
    AddTime(of_run["compute"], times.compute());
    AddTime(of_run["write"], times.write());
    AddTime(of_run["commit"], times.commit());
    AddTime(of_run["wall"], times.wall());
    for (const v1::Step& step : run.steps()) {
      const v1::Attempt& attempt = step.attempts(step.attempts_size() - 1);
      nlohmann::json& of_step = result_["times_ms"][step.name()];
      AddTime(of_step["dispatch"], attempt.dispatch());
      AddTime(of_step["read"], attempt.times().read());
      AddTime(of_step["compute"], attempt.times().compute());
      AddTime(of_step["write"], attempt.times().write());
    }
  }

  static void AddTime(nlohmann::json& values,
                      const google::protobuf::Duration& time) {
    values.push_back(absl::ToDoubleMilliseconds(FromProtoDuration(time)));
  }

  void AddMemory() {
    for (const std::string& name : names_) {
      result_["rss_mib"][name].push_back(
          static_cast<double>(ResidentMemory(cluster_.process(name).pid())) /
          double{1 << 20});
    }
  }

  absl::Status One() {
    absl::Notification ended;
    absl::Status result;
    workload_([&](const absl::Status& status) {
      result = status;
      ended.Notify();
    });
    ended.WaitForNotification();
    return result;
  }

  absl::Status InSequence() {
    std::vector<double> times;
    times.reserve(options_.runs);
    AddCpu("one_us", 0);
    for (int i = 0; i < options_.runs; ++i) {
      const absl::Time start = absl::Now();
      SC_RETURN_IF_ERROR(One());
      times.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
    }
    AddCpu("one_us", options_.runs);
    for (const double time : times) result_["each_ms"].push_back(time);
    std::sort(times.begin(), times.end());
    result_["p50_ms"].push_back(times[times.size() / 2]);
    result_["p99_ms"].push_back(times[times.size() * 99 / 100]);
    return absl::OkStatus();
  }

  // Apart from InSequence, so that nothing but a run is in the time of a run.
  absl::Status LookAtSome() {
    looking_ = true;
    for (int i = 0; i < (options_.runs + 19) / 20; ++i) {
      SC_RETURN_IF_ERROR(One());
    }
    looking_ = false;
    return absl::OkStatus();
  }

  // Every caller starts its next run when the one before has ended.
  absl::Status AtOnce() {
    std::atomic<int64_t> ended = 0;
    std::atomic<int64_t> failed = 0;
    absl::BlockingCounter callers(options_.callers);
    AddCpu("many_us", 0);
    const absl::Time start = absl::Now();
    const absl::Time end = start + absl::Seconds(options_.seconds);
    Done next = [&](const absl::Status& status) {
      ++ended;
      if (!status.ok()) ++failed;
      if (absl::Now() < end) {
        workload_(next);
      } else {
        callers.DecrementCount();
      }
    };
    for (int i = 0; i < options_.callers; ++i) workload_(next);
    callers.Wait();
    const auto runs = static_cast<double>(ended.load());
    result_["rate"].push_back(runs /
                              absl::ToDoubleSeconds(absl::Now() - start));
    AddCpu("many_us", runs);
    if (failed == 0) return absl::OkStatus();
    return absl::InternalError(absl::StrCat(failed.load(), " runs failed"));
  }

  const BenchOptions options_;
  TestCluster cluster_;
  std::vector<std::string> names_;  // processes
  Workload workload_;
  std::atomic<bool> looking_ = false;  // at where the time of runs goes
  std::map<std::string, absl::Duration> cpu_;
  nlohmann::json result_;
};

}  // namespace
}  // namespace stagecoach

int main(int argc, char** argv) {
  stagecoach::BenchOptions options;
  CLI::App app("Measures what a run costs above the work itself.");
  app.add_option("--workload", options.workload, "what is repeated")
      ->check(CLI::IsMember({"noop", "airline", "bare", "relay"}));
  const std::pair<const char*, int*> numbers[] = {
      {"--runs", &options.runs},       {"--callers", &options.callers},
      {"--steps", &options.steps},     {"--slots", &options.slots},
      {"--repeats", &options.repeats}, {"--warm-up", &options.warm_up}};
  app.add_flag("--events", options.events, "callers are told every event");
  app.add_flag("--call-each-execution", options.call_each_execution,
               "as the orchestrator's flag");
  app.add_flag("--by-version", options.by_version,
               "the pipeline is read from the store and planned for each run");
  app.add_flag("--run-rows", options.run_rows, "as the relay's flag");
  app.add_flag("--in-turns", options.in_turns,
               "begin a repeat, of a line of output, at each line of input");
  app.add_option("--seconds", options.seconds, "with many callers")
      ->check(CLI::PositiveNumber);
  for (const auto& [name, value] : numbers) {
    app.add_option(name, *value)->check(CLI::PositiveNumber);
  }
  CLI11_PARSE(app, argc, argv);
  stagecoach::ConfigureLockOrderChecks();
  const absl::Status status = stagecoach::RunsBench(std::move(options)).Run();
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
