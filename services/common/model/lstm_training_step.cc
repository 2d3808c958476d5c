#include "services/common/model/lstm_training_step.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "services/common/model/fused_lstm.h"
#include "services/common/model/lstm_layer.h"
#include "services/common/model/recurrent_parameters.h"

namespace stagecoach {
namespace {

int64_t LayersOf(absl::Span<const at::Tensor> parameters) {
  return static_cast<int64_t>(parameters.size()) / kTensorsPerLayer;
}

// The layer's sizes for so many windows.
FusedLstmSizes SizesOf(const at::Tensor* layer, int64_t batch, int64_t steps) {
  return {steps, batch, layer[0].size(1), layer[1].size(1)};
}

template <typename T>
FusedLstmParameters<T> PointersTo(const at::Tensor* layer) {
  return {
      layer[0].mutable_data_ptr<float>(), layer[1].mutable_data_ptr<float>(),
      layer[2].mutable_data_ptr<float>(), layer[3].mutable_data_ptr<float>()};
}

template <typename T>
FusedLinearParameters<T> PointersToLinear(const at::Tensor* layer) {
  return {layer[0].mutable_data_ptr<float>(),
          layer[1].mutable_data_ptr<float>()};
}

// Views of one tensor, with the shapes of `parameters`.
std::vector<at::Tensor> GradientsFor(absl::Span<const at::Tensor> parameters) {
  int64_t count = 0;
  for (const at::Tensor& parameter : parameters) count += parameter.numel();
  const at::Tensor all = at::empty({count}, at::kFloat);
  std::vector<at::Tensor> gradients;
  int64_t at = 0;
  for (const at::Tensor& parameter : parameters) {
    gradients.push_back(
        all.narrow(0, at, parameter.numel()).view(parameter.sizes()));
    at += parameter.numel();
  }
  return gradients;
}

class LstmTrainingStep final : public TrainingStep {
 public:
  LstmTrainingStep(absl::Span<const at::Tensor> parameters, int64_t batch,
                   int64_t steps)
      : kernel_(BestFusedLstmKernel<float>()),
        parameters_(parameters.begin(), parameters.end()),
        gradients_(GradientsFor(parameters)),
        steps_(steps),
        hidden_(parameters[1].size(1)),
        outputs_(parameters.back().size(0)) {
    for (int64_t layer = 0; layer < LayersOf(parameters); ++layer) {
      workspaces_.push_back(
          Floats(kernel_.WorkspaceSize(SizesOf(LayerOf(layer), batch, steps))));
    }
    grad_hidden_ = Floats(steps * batch * hidden_);
    predictions_ = Floats(batch * outputs_);
    linear_workspace_ =
        Floats(kernel_.LinearWorkspaceSize({batch, hidden_, outputs_}));
  }

  double LossAndGradients(const at::Tensor& x, const at::Tensor& y) override {
    const FusedRows<const float> last = Forward(x);
    const int64_t batch = x.size(0);
    const FusedLinearSizes linear = {batch, hidden_, outputs_};
    const auto pointers = PointersToLinear<const float>(Linear());
    kernel_.ForwardLinear(linear, pointers, last, At(predictions_),
                          At(linear_workspace_));
    const double loss = LossAndItsGradient(y.contiguous());
    kernel_.BackwardLinear(
        linear, pointers, last, At(predictions_), At(linear_workspace_),
        PointersToLinear<float>(&gradients_[gradients_.size() - 2]),
        {At(grad_hidden_), hidden_});
    Backward(batch);
    return loss;
  }

  const std::vector<at::Tensor>& gradients() const override {
    return gradients_;
  }

 private:
  static at::Tensor Floats(int64_t count) {
    return at::empty({count}, at::kFloat);
  }
  static float* At(const at::Tensor& tensor) {
    return tensor.mutable_data_ptr<float>();
  }
  const at::Tensor* LayerOf(size_t layer) const {
    return &parameters_[kTensorsPerLayer * layer];
  }
  const at::Tensor* Linear() const {
    return &parameters_[parameters_.size() - 2];
  }

  // The last layer's hidden states after the last step.
  FusedRows<const float> Forward(const at::Tensor& x) {
    const at::Tensor windows = x.contiguous();
    FusedSequences<const float> sequences = {
        windows.const_data_ptr<float>(), windows.stride(1), windows.stride(0)};
    for (size_t layer = 0; layer < workspaces_.size(); ++layer) {
      const FusedLstmSizes sizes = SizesOf(LayerOf(layer), x.size(0), steps_);
      float* const workspace = At(workspaces_[layer]);
      kernel_.Forward(sizes, sequences, PointersTo<const float>(LayerOf(layer)),
                      workspace);
      const FusedSequences<float> hidden = kernel_.Hidden(sizes, workspace);
      sequences = {hidden.at, hidden.step_stride, hidden.row_stride};
    }
    return {sequences.at + (steps_ - 1) * sequences.step_stride,
            sequences.row_stride};
  }

  // The mean squared error of predictions_, which become its gradient.
  double LossAndItsGradient(const at::Tensor& y) {
    const float* const targets = y.const_data_ptr<float>();
    float* const predictions = At(predictions_);
    const int64_t count = y.numel();
    const float factor = 2.0F / static_cast<float>(count);
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      const float error = predictions[i] - targets[i];
      sum += static_cast<double>(error) * error;
      predictions[i] = factor * error;
    }
    return sum / static_cast<double>(count);
  }

  // From grad_hidden_ of the last step down through the layers.
  void Backward(int64_t batch) {
    FusedSequences<float> grad_hidden = {At(grad_hidden_), batch * hidden_,
                                         hidden_};
    int64_t grad_steps = 1;
    for (int64_t layer = LayersOf(parameters_) - 1; layer >= 0; --layer) {
      // Read step by step, and written when all have been read.
      const FusedSequences<float> below =
          layer == 0 ? FusedSequences<float>{nullptr, 0, 0} : grad_hidden;
      kernel_.Backward(
          SizesOf(LayerOf(layer), batch, steps_),
          PointersTo<const float>(LayerOf(layer)),
          {grad_hidden.at, grad_hidden.step_stride, grad_hidden.row_stride},
          grad_steps, At(workspaces_[layer]),
          PointersTo<float>(&gradients_[kTensorsPerLayer * layer]), below);
      grad_steps = steps_;
    }
  }

  const FusedLstmKernel<float>& kernel_;
  const std::vector<at::Tensor> parameters_;
  const std::vector<at::Tensor> gradients_;
  const int64_t steps_;
  const int64_t hidden_;
  const int64_t outputs_;
  std::vector<at::Tensor> workspaces_;  // of the layers
  at::Tensor grad_hidden_;  // [steps, batch, hidden]; of the last step alone
                            // while the last layer is the next
  at::Tensor predictions_;  // [batch, outputs]; then their gradients
  at::Tensor linear_workspace_;
};

}  // namespace

std::unique_ptr<TrainingStep> MakeLstmTrainingStep(
    absl::Span<const at::Tensor> parameters, int64_t batch, int64_t steps) {
  for (const at::Tensor& parameter : parameters) {
    if (!parameter.is_cpu() || parameter.scalar_type() != at::kFloat ||
        !parameter.is_contiguous()) {
      return nullptr;
    }
  }
  for (int64_t layer = 0; layer < LayersOf(parameters); ++layer) {
    const FusedLstmSizes sizes =
        SizesOf(&parameters[kTensorsPerLayer * layer], batch, steps);
    if (ChooseLstmMethod(sizes, LstmPurpose::kTraining) != LstmMethod::kFused) {
      return nullptr;
    }
  }
  return std::make_unique<LstmTrainingStep>(parameters, batch, steps);
}

}  // namespace stagecoach
