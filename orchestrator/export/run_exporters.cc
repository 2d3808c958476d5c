#include "orchestrator/export/run_exporters.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "orchestrator/export/export_target.h"
#include "orchestrator/export/openlineage.h"
#include "orchestrator/export/otlp.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kFile = "file:";
constexpr char kLineagePath[] = "/api/v1/lineage";
constexpr char kTracesPath[] = "/v1/traces";

absl::StatusOr<HttpUrl> LineageUrl(absl::string_view target) {
  SC_ASSIGN_OR_RETURN(HttpUrl url, ParseHttpUrl(target));
  if (url.path.empty()) url.path = kLineagePath;
  return url;
}

absl::StatusOr<HttpUrl> TracesUrl(absl::string_view endpoint) {
  SC_ASSIGN_OR_RETURN(HttpUrl url, ParseHttpUrl(endpoint));
  url.path = absl::StrCat(absl::StripSuffix(url.path, "/"), kTracesPath);
  return url;
}

}  // namespace

absl::Status RunExporterOptions::Validate() const {
  if (openlineage == kFile) {
    return absl::InvalidArgumentError(
        "--openlineage: file: has no path, e.g. file:/var/log/lineage.jsonl");
  }
  if (!openlineage.empty() && !absl::StartsWith(openlineage, kFile)) {
    SC_RETURN_IF_ERROR(LineageUrl(openlineage).status(),
                       "--openlineage, which is no file:PATH");
  }
  if (!otlp_endpoint.empty()) {
    SC_RETURN_IF_ERROR(TracesUrl(otlp_endpoint).status(), "--otlp-endpoint");
  }
  return absl::OkStatus();
}

RunExporters::RunExporters(prometheus::Registry& registry)
    : openlineage_metrics_(registry, "openlineage"),
      otlp_metrics_(registry, "otlp") {}

absl::StatusOr<std::unique_ptr<RunExporters>> RunExporters::Open(
    const RunExporterOptions& options, prometheus::Registry& registry) {
  std::unique_ptr<RunExporters> exporters(new RunExporters(registry));
  if (!options.openlineage.empty()) {
    SC_RETURN_IF_ERROR(exporters->OpenLineage(options.openlineage),
                       "--openlineage");
  }
  if (!options.otlp_endpoint.empty()) {
    SC_RETURN_IF_ERROR(exporters->OpenOtlp(options.otlp_endpoint),
                       "--otlp-endpoint");
  }
  return exporters;
}

absl::Status RunExporters::OpenLineage(const std::string& target) {
  ExportQueue::Send send;
  if (absl::StartsWith(target, kFile)) {
    SC_ASSIGN_OR_RETURN(std::shared_ptr<LineFile> file,
                        LineFile::Open(target.substr(kFile.size())));
    send = [file](const std::vector<std::string>& events) {
      return file->Append(absl::StrCat(absl::StrJoin(events, "\n"), "\n"));
    };
  } else {
    SC_ASSIGN_OR_RETURN(const HttpUrl url, LineageUrl(target));
    // One request an event: that is what every receiver understands.
    send = [poster = std::make_shared<JsonPoster>(url)](
               const std::vector<std::string>& events) -> absl::Status {
      for (const std::string& event : events) {
        SC_RETURN_IF_ERROR(poster->Post(event));
      }
      return absl::OkStatus();
    };
  }
  openlineage_ =
      std::make_unique<ExportQueue>("openlineage", ExportOptions{.batch = 1},
                                    std::move(send), openlineage_metrics_);
  return absl::OkStatus();
}

absl::Status RunExporters::OpenOtlp(const std::string& endpoint) {
  SC_ASSIGN_OR_RETURN(const HttpUrl url, TracesUrl(endpoint));
  otlp_ = std::make_unique<ExportQueue>(
      "otlp", ExportOptions(),
      [poster = std::make_shared<JsonPoster>(url)](
          const std::vector<std::string>& spans) {
        return poster->Post(TraceExportRequest(spans));
      },
      otlp_metrics_);
  return absl::OkStatus();
}

void RunExporters::RunChanged(const v1::Run& run, bool created,
                              const std::vector<v1::RunEvent>& events) {
  if (openlineage_ != nullptr) {
    openlineage_->Offer([run, created, events] {
      return OpenLineageEvents(run, created, events);
    });
  }
  if (otlp_ != nullptr && IsTerminal(run.state())) {
    otlp_->Offer([run] { return SpansOfRun(run); });
  }
}

void RunExporters::RunCreatedBy(CreatingCall call, const v1::Run& run) {
  if (otlp_ == nullptr) return;
  v1::Run brief;
  brief.set_id(run.id());
  brief.set_trace_parent(run.trace_parent());
  otlp_->Offer([call = std::move(call), brief = std::move(brief)] {
    return SpanOfCall(call.method, call.trace_parent, brief, call.start,
                      call.end);
  });
}

void RunExporters::Stop() {
  if (openlineage_ != nullptr) openlineage_->Stop();
  if (otlp_ != nullptr) otlp_->Stop();
}

}  // namespace stagecoach
