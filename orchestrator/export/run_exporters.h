// What leaves the orchestrator about its runs: lineage events and traces.

#ifndef ORCHESTRATOR_EXPORT_RUN_EXPORTERS_H_
#define ORCHESTRATOR_EXPORT_RUN_EXPORTERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orchestrator/export/export_queue.h"
#include "prometheus/registry.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

struct RunExporterOptions {
  // --openlineage: `file:PATH`, or a URL whose path is
  // `/api/v1/lineage` if it has none; empty: no events.
  std::string openlineage = {};
  // --otlp-endpoint: a URL, to which `/v1/traces` is added; empty:
  // no traces.
  std::string otlp_endpoint = {};

  // INVALID_ARGUMENT naming the flag.
  absl::Status Validate() const;
};

// A call that has created a run.
struct CreatingCall {
  std::string method;
  std::string trace_parent;  // as the caller sent it
  absl::Time start;
  absl::Time end;
};

// Threads: every method but Stop may be called from any thread, and none
//          waits: what cannot be sent in time is dropped and counted.
class RunExporters {
 public:
  // `options` must be valid; `registry` must outlive the exporters.
  // FAILED_PRECONDITION: the file cannot be opened.
  static absl::StatusOr<std::unique_ptr<RunExporters>> Open(
      const RunExporterOptions& options, prometheus::Registry& registry);

  // Whether there is anything to export to.
  bool active() const { return openlineage_ != nullptr || otlp_ != nullptr; }

  // As Engine::Listener.
  void RunChanged(const v1::Run& run, bool created,
                  const std::vector<v1::RunEvent>& events);
  void RunCreatedBy(CreatingCall call, const v1::Run& run);

  // Sends what waits, within seconds. Safe to repeat.
  void Stop();

 private:
  explicit RunExporters(prometheus::Registry& registry);

  absl::Status OpenLineage(const std::string& target);
  absl::Status OpenOtlp(const std::string& endpoint);

  ExportMetrics openlineage_metrics_;
  ExportMetrics otlp_metrics_;
  std::unique_ptr<ExportQueue> openlineage_;  // null: off
  std::unique_ptr<ExportQueue> otlp_;         // null: off
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_EXPORT_RUN_EXPORTERS_H_
