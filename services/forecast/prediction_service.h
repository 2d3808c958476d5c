// ForecastService over gRPC; no logic.

#ifndef SERVICES_FORECAST_PREDICTION_SERVICE_H_
#define SERVICES_FORECAST_PREDICTION_SERVICE_H_

#include <prometheus/registry.h>

#include <memory>

#include "services/common/artifact/artifact_store.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace stagecoach {

// Both must outlive the service, and it the server that it is given to.
std::unique_ptr<grpc::Service> MakePredictionService(
    ArtifactStore& store, prometheus::Registry& registry);

}  // namespace stagecoach

#endif  // SERVICES_FORECAST_PREDICTION_SERVICE_H_
