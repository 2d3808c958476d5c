// The windows of the reference pipeline (deploy/data/airline-passengers.csv,
// proportion 0.7, lookback 4), for tests.

#ifndef SERVICES_TRAIN_REFERENCE_DATA_H_
#define SERVICES_TRAIN_REFERENCE_DATA_H_

#include <vector>

namespace stagecoach {

// The passengers of all 144 months; dies if the file is not there.
std::vector<float> AirlinePassengers();

// Row by row the windows over values [begin, end) of the series, and the
// values that follow them.
struct ReferenceWindows {
  std::vector<float> x;  // [rows, 4, 1]
  std::vector<float> y;  // [rows, 1]
};
ReferenceWindows AirlineWindows(int begin, int end);

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_REFERENCE_DATA_H_
