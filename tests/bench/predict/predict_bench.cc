// How long an online forecast takes over loopback: one call after another to a
// replica of the forecast stage that runs already.
//
//   predict_bench --server=127.0.0.1:50054 --values=508,461,390,432
//     --model=pvc://artifacts/runs/RUN/train/1/weights.safetensors

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/common/rpc/channel.h"
#include "stagecoach/v1/forecast.grpc.pb.h"

namespace stagecoach {
namespace {

struct Options {
  std::string server;
  int calls = 5000;
  v1::PredictRequest request;
};

// Microseconds of each call; empty if one fails, which is said on stderr.
std::vector<double> Measure(const Options& options) {
  const auto stub = v1::ForecastService::NewStub(MakeChannel(options.server));
  std::vector<double> times;
  for (int call = 0; call < options.calls; ++call) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
    v1::PredictResponse response;
    const absl::Time start = absl::Now();
    const grpc::Status status =
        stub->Predict(&context, options.request, &response);
    times.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
    if (status.ok()) continue;
    std::fprintf(stderr, "%s\n", status.error_message().c_str());
    return {};
  }
  return times;
}

void Print(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&times](double part) {
    return times[static_cast<size_t>(part * (times.size() - 1))];
  };
  std::printf("| calls | min us | p50 us | p90 us | p99 us |\n");
  std::printf("|---|---|---|---|---|\n");
  std::printf("| %zu | %.0f | %.0f | %.0f | %.0f |\n", times.size(), at(0),
              at(0.5), at(0.9), at(0.99));
}

int Main(int argc, char** argv) {
  Options options;
  std::string model;
  std::vector<double> values;
  int steps = 0;
  CLI::App app("Measures ForecastService.Predict.", "predict_bench");
  app.add_option("--server", options.server, "host:port")->required();
  app.add_option("--model", model, "URI of the weights")->required();
  app.add_option("--values", values, "last rows")->delimiter(',')->required();
  app.add_option("--steps", steps, "steps ahead; 0: the model's horizon");
  app.add_option("--calls", options.calls, "calls")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  options.request.set_model_uri(model);
  options.request.mutable_values()->Add(values.begin(), values.end());
  options.request.set_steps(steps);
  const std::vector<double> times = Measure(options);
  if (times.empty()) return EXIT_FAILURE;
  Print(times);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace stagecoach

int main(int argc, char** argv) { return stagecoach::Main(argc, argv); }
