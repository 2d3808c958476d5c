// How long training takes: the reference job, and single steps over a range of
// sizes, each by every method. training.py makes a table of it.
//
//   job/<method>                              1,200 steps and 11 evaluations
//   train/<hidden>/<batch>/<steps>/<method>   forward, loss, backward
//   infer/<hidden>/<batch>/<steps>/<method>   forward without gradients
//
// Methods: `torch`, `products` and `fused` are those of LstmMethod, under
// autograd; `step` is MakeLstmTrainingStep, `trainer` all of the train stage's
// Trainer, labelled with its FusedLstmKernel. Of `train` and `infer`, the
// method that LstmLayer chooses is labelled; `threads` is that method on all
// processors, where the train stage would use them.

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <benchmark/benchmark.h>
#include <c10/core/GradMode.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/model/lstm_training_step.h"
#include "services/common/tensor/torch_runtime.h"
#include "services/train/reference_data.h"
#include "services/train/trainer.h"
#include "tests/bench/training/lstm_problem.h"

namespace stagecoach {
namespace {

// Around the reference job (hidden 50, batch 8, 4 steps) one size at a time,
// and the corners that a machine can do in seconds.
constexpr LstmProblemSizes kSizes[] = {
    {50, 8, 4},    {16, 8, 4},    {32, 8, 4},    {64, 8, 4},     {128, 8, 4},
    {256, 8, 4},   {512, 8, 4},   {1024, 8, 4},  {50, 1, 4},     {50, 32, 4},
    {50, 128, 4},  {50, 512, 4},  {50, 8, 16},   {50, 8, 64},    {50, 8, 256},
    {16, 1, 256},  {16, 512, 4},  {16, 512, 64}, {128, 128, 16}, {128, 1, 16},
    {256, 1, 4},   {256, 64, 16}, {512, 1, 4},   {512, 64, 4},   {1024, 1, 4},
    {1024, 64, 4},
};

struct NamedMethod {
  const char* name;
  LstmMethod method;
};
constexpr NamedMethod kMethods[] = {{"torch", LstmMethod::kTorch},
                                    {"products", LstmMethod::kProducts},
                                    {"fused", LstmMethod::kFused}};

// Of a product with the largest matrix.
int64_t MultiplyAdds(const LstmProblemSizes& sizes) {
  return 4 * sizes.hidden * sizes.hidden * sizes.batch;
}

at::Tensor Tensor(const std::vector<float>& values, at::IntArrayRef shape) {
  return at::tensor(values, at::kFloat).view(shape);
}

TrainingData ReferenceData() {
  const ReferenceWindows train = AirlineWindows(0, 100);
  const ReferenceWindows test = AirlineWindows(100, 144);
  TrainingData data;
  data.x_train = Tensor(train.x, {96, 4, 1});
  data.y_train = Tensor(train.y, {96, 1});
  data.x_test = Tensor(test.x, {40, 4, 1});
  data.y_test = Tensor(test.y, {40, 1});
  return data;
}

void TrainerJob(benchmark::State& state) {
  const TrainingData data = ReferenceData();
  for (auto iteration : state) {
    Trainer trainer(TrainerOptions{}, data);
    while (!trainer.done()) {
      if (!trainer.FinishEpoch([] { return false; }).ok()) std::abort();
    }
    benchmark::DoNotOptimize(trainer.history().losses.back());
  }
  state.SetLabel(BestFusedLstmKernel<float>().name());
}

// What the reference job takes without a trainer of our own: the loop that one
// writes with libtorch, its fused Adam included.
void PlainJob(benchmark::State& state, LstmMethod method) {
  const TrainingData data = ReferenceData();
  for (auto iteration : state) {
    LstmProblem problem({50, 8, 4});
    std::vector<at::Tensor> first;
    std::vector<at::Tensor> second;
    std::vector<at::Tensor> steps;
    for (const at::Tensor& parameter : problem.parameters) {
      const c10::NoGradGuard no_grad;
      first.push_back(at::zeros_like(parameter));
      second.push_back(at::zeros_like(parameter));
      steps.push_back(at::zeros({}, at::kFloat));
    }
    for (int epoch = 0; epoch < 100; ++epoch) {
      const at::Tensor order = at::randperm(96, at::kLong);
      for (int row = 0; row < 96; row += 8) {
        const at::Tensor batch = order.narrow(0, row, 8);
        problem.x = data.x_train.index_select(0, batch);
        problem.y = data.y_train.index_select(0, batch);
        const std::vector<at::Tensor> gradients = problem.Gradients(method);
        const c10::NoGradGuard no_grad;
        for (at::Tensor& step : steps) step.add_(1);
        at::_fused_adam_(problem.parameters, gradients, first, second, {},
                         steps, 1e-3, 0.9, 0.999, 0.0, 1e-8, false, false);
      }
      if (epoch % 10 != 0 && epoch != 99) continue;
      const c10::NoGradGuard no_grad;
      for (const auto& [x, y] : {std::pair(data.x_train, data.y_train),
                                 std::pair(data.x_test, data.y_test)}) {
        problem.x = x;
        benchmark::DoNotOptimize(
            at::mse_loss(problem.Forward(method), y).item<float>());
      }
    }
  }
}

LstmMethod MethodFor(const LstmProblemSizes& sizes, LstmPurpose purpose) {
  return ChooseLstmMethod({sizes.steps, sizes.batch, 1, sizes.hidden}, purpose);
}

void Train(benchmark::State& state, LstmProblemSizes sizes, LstmMethod method) {
  const LstmProblem problem(sizes);
  for (auto iteration : state) {
    benchmark::DoNotOptimize(problem.Gradients(method));
  }
  if (MethodFor(sizes, LstmPurpose::kTraining) == method) {
    state.SetLabel("chosen");
  }
}

void Step(benchmark::State& state, LstmProblemSizes sizes) {
  const LstmProblem problem(sizes);
  const std::unique_ptr<TrainingStep> step =
      MakeLstmTrainingStep(problem.parameters, sizes.batch, sizes.steps);
  if (step == nullptr) {
    state.SkipWithError("autograd is not slower at this size");
    return;
  }
  for (auto iteration : state) {
    benchmark::DoNotOptimize(step->LossAndGradients(problem.x, problem.y));
  }
  state.SetLabel("chosen");
}

void Infer(benchmark::State& state, LstmProblemSizes sizes, LstmMethod method) {
  const c10::NoGradGuard no_grad;
  const LstmProblem problem(sizes);
  for (auto iteration : state) {
    benchmark::DoNotOptimize(problem.Forward(method));
  }
  if (MethodFor(sizes, LstmPurpose::kInference) == method) {
    state.SetLabel("chosen");
  }
}

// As the train stage does it when operations are large.
void TrainOnThreads(benchmark::State& state, LstmProblemSizes sizes) {
  const int threads = PrepareTorchThread(MultiplyAdds(sizes));
  const LstmProblem problem(sizes);
  const LstmMethod method = MethodFor(sizes, LstmPurpose::kTraining);
  for (auto iteration : state) {
    benchmark::DoNotOptimize(problem.Gradients(method));
  }
  state.counters["threads"] = threads;
  PrepareTorchThread();
}

void Register(const std::string& name,
              const std::function<void(benchmark::State&)>& function) {
  benchmark::RegisterBenchmark(name.c_str(), function)
      ->Unit(benchmark::kMicrosecond);
}

void RegisterAll() {
  Register("job/trainer", TrainerJob);
  for (const auto& [name, method] : kMethods) {
    Register(absl::StrCat("job/", name),
             [method = method](benchmark::State& state) {
               PlainJob(state, method);
             });
  }
  for (const LstmProblemSizes& sizes : kSizes) {
    const std::string at = absl::StrCat("/", sizes.hidden, "/", sizes.batch,
                                        "/", sizes.steps, "/");
    for (const auto& [name, method] : kMethods) {
      Register(absl::StrCat("train", at, name),
               [=, method = method](benchmark::State& state) {
                 Train(state, sizes, method);
               });
      Register(absl::StrCat("infer", at, name),
               [=, method = method](benchmark::State& state) {
                 Infer(state, sizes, method);
               });
    }
    Register(absl::StrCat("train", at, "step"),
             [=](benchmark::State& state) { Step(state, sizes); });
    if (TorchThreadsFor(MultiplyAdds(sizes), 2) > 1) {
      Register(absl::StrCat("train", at, "threads"),
               [=](benchmark::State& state) { TrainOnThreads(state, sizes); });
    }
  }
}

}  // namespace
}  // namespace stagecoach

int main(int argc, char** argv) {
  stagecoach::UseHugePagesForTensors();
  stagecoach::PrepareTorchThread();
  stagecoach::RegisterAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
