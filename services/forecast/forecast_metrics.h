// What the forecast stage exports of its online service, beyond the
// grpc_server_* of every service.

#ifndef SERVICES_FORECAST_FORECAST_METRICS_H_
#define SERVICES_FORECAST_FORECAST_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace stagecoach {

// Threads: the metrics may be changed from any thread. Ownership: they belong
// to the registry.
struct ForecastMetrics {
  explicit ForecastMetrics(prometheus::Registry& registry);

  // stagecoach_forecast_model_requests_total{cache="hit"|"miss"}.
  prometheus::Counter& cache_hits;
  prometheus::Counter& cache_misses;
  // stagecoach_forecast_model_load_failures_total.
  prometheus::Counter& failed_loads;
  // stagecoach_forecast_models: models that are loaded now.
  prometheus::Gauge& cached_models;
  // stagecoach_forecast_predictions_total: values forecast online.
  prometheus::Counter& predictions;
};

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_FORECAST_METRICS_H_
