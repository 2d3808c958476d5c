#include "tests/bench/scale/history.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "orchestrator/store/sqlite_store.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"
#include "tests/bench/scale/scale_cluster.h"

namespace stagecoach {
namespace {

constexpr int64_t kAtOnce = 2000;
constexpr int kReads = 500;
constexpr int kRuns = 1000;
constexpr int kStarts = 5;

std::string IdOf(int64_t number) {
  return absl::StrFormat("noop-history-%08d", number);
}

absl::StatusOr<std::vector<v1::RunEvent>> EventsOf(SqliteStore& store,
                                                   const std::string& run_id) {
  return store.ListEvents(run_id, /*after_cursor=*/0, /*limit=*/1000);
}

// The run as if it had been done that many seconds before.
RunWrite CopyOf(const v1::Run& run, const std::vector<v1::RunEvent>& events,
                int64_t number, int64_t seconds_before) {
  RunWrite write;
  write.insert = true;
  write.run = run;
  write.run.set_id(IdOf(number));
  *write.run.mutable_create_time() = ToTimestamp(
      FromTimestamp(run.create_time()) - absl::Seconds(seconds_before));
  for (int i = 0; i < run.steps_size(); ++i) {
    write.steps.push_back({i, run.steps(i)});
  }
  write.events = events;
  return write;
}

// Fills the store with copies of a run that it has.
absl::Status Fill(const std::string& path, const std::string& run_id,
                  int64_t runs) {
  SC_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteStore> store,
                      SqliteStore::Open({.path = path}));
  SC_ASSIGN_OR_RETURN(const v1::Run run, store->GetRun(run_id));
  SC_ASSIGN_OR_RETURN(const std::vector<v1::RunEvent> events,
                      EventsOf(*store, run_id));
  for (int64_t first = 0; first < runs; first += kAtOnce) {
    std::vector<RunWrite> writes;
    for (int64_t i = first; i < std::min(runs, first + kAtOnce); ++i) {
      writes.push_back(CopyOf(run, events, i, runs - i));
    }
    for (const absl::Status& status : store->Commit(writes)) {
      SC_RETURN_IF_ERROR(status);
    }
  }
  return absl::OkStatus();
}

// Pages of 50 of all runs, newest first, and of those that failed or cannot be
// found by name, of which there are none.
absl::StatusOr<double> ListP99(ScaleCluster& cluster) {
  std::vector<absl::Duration> times;
  v1::ListRunsRequest all;
  v1::ListRunsRequest failed;
  failed.set_state(v1::RUN_STATE_FAILED);
  v1::ListRunsRequest named;
  named.set_pipeline("sleep");
  for (int i = 0; i < kReads; ++i) {
    for (v1::ListRunsRequest* request : {&all, &failed, &named}) {
      grpc::ClientContext context;
      SetTimeout(context, kPatience);
      v1::ListRunsResponse response;
      const absl::Time start = absl::Now();
      SC_RETURN_IF_ERROR(FromGrpcStatus(
          cluster.stub().ListRuns(&context, *request, &response), context));
      times.push_back(absl::Now() - start);
      request->set_page_token(response.next_page_token());
    }
  }
  return QuantileMs(times, 0.99);
}

absl::StatusOr<double> GetP99(ScaleCluster& cluster, int64_t runs) {
  std::vector<absl::Duration> times;
  std::mt19937_64 random(0);
  std::uniform_int_distribution<int64_t> any(0, runs - 1);
  for (int i = 0; i < kReads; ++i) {
    const absl::Time start = absl::Now();
    SC_RETURN_IF_ERROR(cluster.cluster().Get(IdOf(any(random))).status());
    times.push_back(absl::Now() - start);
  }
  return QuantileMs(times, 0.99);
}

absl::StatusOr<double> RunP50(ScaleCluster& cluster) {
  std::vector<absl::Duration> times;
  for (int i = 0; i < kRuns; ++i) {
    const absl::Time start = absl::Now();
    SC_RETURN_IF_ERROR(cluster.RunNoop().status());
    times.push_back(absl::Now() - start);
  }
  return QuantileMs(times, 0.5);
}

}  // namespace

absl::StatusOr<nlohmann::json> MeasureHistory(int64_t runs) {
  ScaleCluster cluster;
  SC_RETURN_IF_ERROR(cluster.Start(/*slots=*/256));
  SC_ASSIGN_OR_RETURN(const v1::Run run, cluster.RunNoop());
  SC_RETURN_IF_ERROR(cluster.StopOrchestrator());
  const absl::Time start = absl::Now();
  SC_RETURN_IF_ERROR(Fill(cluster.store_file(), run.id(), runs));
  nlohmann::json result;
  result["fill_s"] = absl::ToDoubleSeconds(absl::Now() - start);
  for (int i = 0; i < kStarts; ++i) {
    if (i > 0) SC_RETURN_IF_ERROR(cluster.StopOrchestrator());
    SC_ASSIGN_OR_RETURN(const absl::Duration started,
                        cluster.StartOrchestrator());
    result["start_ms"].push_back(absl::ToDoubleMilliseconds(started));
  }
  SC_ASSIGN_OR_RETURN(result["list_p99_ms"], ListP99(cluster));
  SC_ASSIGN_OR_RETURN(result["get_p99_ms"], GetP99(cluster, runs));
  SC_ASSIGN_OR_RETURN(result["run_p50_ms"], RunP50(cluster));
  return result;
}

}  // namespace stagecoach
