#include "services/forecast/prediction_service.h"

#include <algorithm>
#include <thread>

#include "services/common/base/bounded_executor.h"
#include "services/common/rpc/unary_work.h"
#include "services/forecast/forecast_metrics.h"
#include "services/forecast/model_cache.h"
#include "services/forecast/prediction.h"
#include "stagecoach/v1/forecast.grpc.pb.h"

namespace stagecoach {
namespace {

constexpr size_t kModels = 32;
constexpr int kWaitingCalls = 1024;

int Threads() {
  return std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
}

class PredictionService final : public v1::ForecastService::CallbackService {
 public:
  PredictionService(ArtifactStore& store, prometheus::Registry& registry)
      : metrics_(registry), models_(store, kModels, metrics_) {}

  grpc::ServerUnaryReactor* Predict(grpc::CallbackServerContext* context,
                                    const v1::PredictRequest* request,
                                    v1::PredictResponse* response) override {
    return RunUnary(*context, executor_, [this, context, request, response] {
      const absl::Status status = stagecoach::Predict(
          models_, *request, [context] { return context->IsCancelled(); },
          *response);
      metrics_.predictions.Increment(response->values_size());
      return status;
    });
  }

 private:
  ForecastMetrics metrics_;
  ModelCache models_;
  // Last: its threads use the others.
  BoundedExecutor executor_{"predictions", Threads(), kWaitingCalls};
};

}  // namespace

std::unique_ptr<grpc::Service> MakePredictionService(
    ArtifactStore& store, prometheus::Registry& registry) {
  return std::make_unique<PredictionService>(store, registry);
}

}  // namespace stagecoach
