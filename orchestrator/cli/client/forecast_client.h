// A replica of the forecast stage, asked online.

#ifndef ORCHESTRATOR_CLI_CLIENT_FORECAST_CLIENT_H_
#define ORCHESTRATOR_CLI_CLIENT_FORECAST_CLIENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "stagecoach/v1/forecast.pb.h"

namespace stagecoach {

// One call of ForecastService.Predict at `address` (`host:port`), of at most
// `timeout`. Codes as in the proto; UNAVAILABLE also if the replica is not
// reached from here, which the message says.
absl::StatusOr<v1::PredictResponse> Predict(const std::string& address,
                                            const v1::PredictRequest& request,
                                            absl::Duration timeout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_CLIENT_FORECAST_CLIENT_H_
