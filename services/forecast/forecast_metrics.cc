#include "services/forecast/forecast_metrics.h"

#include <string>

namespace stagecoach {
namespace {

prometheus::Family<prometheus::Counter>& AddCounters(
    prometheus::Registry& registry, const std::string& name,
    const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Counter& AddRequests(prometheus::Registry& registry,
                                 const std::string& cache) {
  return AddCounters(registry, "stagecoach_forecast_model_requests_total",
                     "Models asked for, by whether they were loaded already.")
      .Add({{"cache", cache}});
}

}  // namespace

ForecastMetrics::ForecastMetrics(prometheus::Registry& registry)
    : cache_hits(AddRequests(registry, "hit")),
      cache_misses(AddRequests(registry, "miss")),
      failed_loads(AddCounters(registry,
                               "stagecoach_forecast_model_load_failures_total",
                               "Models that could not be loaded.")
                       .Add({})),
      cached_models(prometheus::BuildGauge()
                        .Name("stagecoach_forecast_models")
                        .Help("Models that are loaded now.")
                        .Register(registry)
                        .Add({})),
      predictions(AddCounters(registry, "stagecoach_forecast_predictions_total",
                              "Values forecast online.")
                      .Add({})) {}

}  // namespace stagecoach
