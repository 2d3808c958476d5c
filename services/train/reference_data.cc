#include "services/train/reference_data.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

namespace stagecoach {
namespace {

constexpr int kLookback = 4;

}  // namespace

std::vector<float> AirlinePassengers() {
  std::ifstream file(STAGECOACH_AIRLINE_CSV);
  std::vector<float> passengers;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    passengers.push_back(std::stof(line.substr(line.find(',') + 1)));
  }
  if (passengers.size() != 144) {
    std::cerr << STAGECOACH_AIRLINE_CSV << " does not hold 144 months\n";
    std::abort();
  }
  return passengers;
}

ReferenceWindows AirlineWindows(int begin, int end) {
  const std::vector<float> series = AirlinePassengers();
  ReferenceWindows windows;
  for (int row = begin; row + kLookback < end; ++row) {
    for (int step = 0; step < kLookback; ++step) {
      windows.x.push_back(series[row + step]);
    }
    windows.y.push_back(series[row + kLookback]);
  }
  return windows;
}

}  // namespace stagecoach
