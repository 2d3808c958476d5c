#include "orchestrator/retention/gc_metrics.h"

#include "services/common/base/metrics.h"

namespace stagecoach {
namespace {

prometheus::Counter& MakeCounter(prometheus::Registry& registry,
                                 const char* name, const char* help) {
  return prometheus::BuildCounter()
      .Name(name)
      .Help(help)
      .Register(registry)
      .Add({});
}

}  // namespace

GcMetrics::GcMetrics(prometheus::Registry& registry)
    : deleted_runs_(MakeCounter(registry, "stagecoach_gc_deleted_runs_total",
                                "Runs deleted by retention.")),
      deleted_orphans_(
          MakeCounter(registry, "stagecoach_gc_deleted_orphans_total",
                      "Files and folders of no run deleted by retention.")),
      deleted_bytes_(MakeCounter(registry, "stagecoach_gc_deleted_bytes_total",
                                 "Bytes on volumes freed by retention.")),
      seconds_(prometheus::BuildHistogram()
                   .Name("stagecoach_gc_seconds")
                   .Help("Time of a collection, or of a dry run of one.")
                   .Register(registry)
                   .Add({}, CallSecondsBuckets())),
      failures_(MakeCounter(registry, "stagecoach_gc_failures_total",
                            "Folders that could not be removed, and "
                            "collections that ended with an error.")),
      pending_(prometheus::BuildGauge()
                   .Name("stagecoach_gc_pending_deletions")
                   .Help("Folders of deleted runs still to be removed.")
                   .Register(registry)
                   .Add({})) {}

}  // namespace stagecoach
