#include "services/common/model/lstm_layer.h"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>

#include "absl/types/span.h"
#include "services/common/model/lstm_products.h"

namespace stagecoach {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Up to which sizes a method is the fastest; the first that fits is taken, and
// libtorch's layer if none does. tests/bench/training measures all of them.
struct MethodRule {
  LstmMethod method;
  int64_t hidden;
  int64_t batch;
  int64_t steps;
};
constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
constexpr MethodRule kTrainingRules[] = {
    {LstmMethod::kFused, 64, kAny, kAny},
    {LstmMethod::kFused, 192, 64, kAny},
    {LstmMethod::kFused, 256, 8, kAny},
    {LstmMethod::kProducts, kAny, kAny, 32},
    {LstmMethod::kFused, 192, kAny, kAny},
};
// libtorch has oneDNN's layer here, which packs its matrices once: where the
// two are within a fifth of each other, it is taken.
constexpr MethodRule kInferenceRules[] = {
    {LstmMethod::kFused, 192, 1, kAny},
    {LstmMethod::kFused, 64, 256, 128},
    {LstmMethod::kFused, 192, 32, 128},
    {LstmMethod::kProducts, kAny, 1, 32},
    {LstmMethod::kFused, 256, 8, 128},
    {LstmMethod::kTorch, 256, kAny, kAny},
    {LstmMethod::kTorch, 512, 16, kAny},
    {LstmMethod::kProducts, kAny, kAny, 32},
};

FusedLstmSizes SizesOf(const at::Tensor& sequences,
                       const at::Tensor& weight_hh) {
  return {sequences.size(0), sequences.size(1), sequences.size(2),
          weight_hh.size(1)};
}

// Features must lie side by side; rows and steps may be anywhere.
at::Tensor WithDenseRows(const at::Tensor& sequences) {
  return sequences.size(2) == 1 || sequences.stride(2) == 1
             ? sequences
             : sequences.contiguous();
}

template <typename T>
FusedSequences<const T> ViewOf(const at::Tensor& sequences) {
  return {sequences.const_data_ptr<T>(), sequences.stride(0),
          sequences.stride(1)};
}

LstmLayerParameters Contiguous(const LstmLayerParameters& parameters) {
  return {parameters.weight_ih.contiguous(), parameters.weight_hh.contiguous(),
          parameters.bias_ih.contiguous(), parameters.bias_hh.contiguous()};
}

template <typename T>
FusedLstmParameters<const T> ViewOf(const LstmLayerParameters& parameters) {
  return {parameters.weight_ih.const_data_ptr<T>(),
          parameters.weight_hh.const_data_ptr<T>(),
          parameters.bias_ih.const_data_ptr<T>(),
          parameters.bias_hh.const_data_ptr<T>()};
}

// All that the backward pass needs; starts with the hidden states.
template <typename T>
at::Tensor FusedForward(const at::Tensor& sequences,
                        const LstmLayerParameters& parameters) {
  const FusedLstmKernel<T>& kernel = BestFusedLstmKernel<T>();
  const FusedLstmSizes sizes = SizesOf(sequences, parameters.weight_hh);
  at::Tensor workspace =
      at::empty({kernel.WorkspaceSize(sizes)}, sequences.options());
  kernel.Forward(sizes, ViewOf<T>(WithDenseRows(sequences)),
                 ViewOf<T>(parameters), workspace.mutable_data_ptr<T>());
  return workspace;
}

template <typename T>
at::Tensor HiddenIn(const at::Tensor& workspace, const FusedLstmSizes& sizes) {
  T* const start = workspace.mutable_data_ptr<T>();
  const FusedSequences<T> hidden =
      BestFusedLstmKernel<T>().Hidden(sizes, start);
  return workspace.as_strided({sizes.steps, sizes.batch, sizes.hidden},
                              {hidden.step_stride, hidden.row_stride, 1},
                              hidden.at - start);
}

// Of the sequences, if they are wanted, and the parameters.
template <typename T>
variable_list FusedBackward(const FusedLstmSizes& sizes,
                            const LstmLayerParameters& parameters,
                            const at::Tensor& workspace,
                            const at::Tensor& grad_hidden,
                            bool wants_sequences) {
  const LstmLayerParameters grads = {at::empty_like(parameters.weight_ih),
                                     at::empty_like(parameters.weight_hh),
                                     at::empty_like(parameters.bias_ih),
                                     at::empty_like(parameters.bias_hh)};
  at::Tensor grad_sequences;
  FusedSequences<T> sequences_view = {nullptr, 0, 0};
  if (wants_sequences) {
    grad_sequences =
        at::empty({sizes.steps, sizes.batch, sizes.input}, workspace.options());
    sequences_view = {grad_sequences.mutable_data_ptr<T>(),
                      sizes.batch * sizes.input, sizes.input};
  }
  const at::Tensor dense = WithDenseRows(grad_hidden);
  BestFusedLstmKernel<T>().Backward(sizes, ViewOf<T>(parameters),
                                    ViewOf<T>(dense), sizes.steps,
                                    workspace.mutable_data_ptr<T>(),
                                    {grads.weight_ih.mutable_data_ptr<T>(),
                                     grads.weight_hh.mutable_data_ptr<T>(),
                                     grads.bias_ih.mutable_data_ptr<T>(),
                                     grads.bias_hh.mutable_data_ptr<T>()},
                                    sequences_view);
  return {grad_sequences, grads.weight_ih, grads.weight_hh, grads.bias_ih,
          grads.bias_hh};
}

class FusedFunction : public torch::autograd::Function<FusedFunction> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& sequences,
                            const at::Tensor& weight_ih,
                            const at::Tensor& weight_hh,
                            const at::Tensor& bias_ih,
                            const at::Tensor& bias_hh) {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    const LstmLayerParameters parameters =
        Contiguous({weight_ih, weight_hh, bias_ih, bias_hh});
    const bool is_double = sequences.scalar_type() == at::kDouble;
    const at::Tensor workspace =
        (is_double ? FusedForward<double> : FusedForward<float>)(sequences,
                                                                 parameters);
    context->save_for_backward(
        {sequences, weight_ih, weight_hh, bias_ih, bias_hh, workspace});
    return (is_double
                ? HiddenIn<double>
                : HiddenIn<float>)(workspace, SizesOf(sequences, weight_hh));
  }

  static variable_list backward(AutogradContext* context,
                                variable_list grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    const LstmLayerParameters parameters =
        Contiguous({saved[1], saved[2], saved[3], saved[4]});
    const bool is_double = saved[0].scalar_type() == at::kDouble;
    return (is_double
                ? FusedBackward<double>
                : FusedBackward<float>)(SizesOf(saved[0], parameters.weight_hh),
                                        parameters, saved[5], grad_outputs[0],
                                        context->needs_input_grad(0));
  }
};

// Without gradients nothing is kept, so that the rows can be taken in blocks
// which stay in the cache.
template <typename T>
at::Tensor FusedHidden(const at::Tensor& sequences,
                       const LstmLayerParameters& parameters) {
  constexpr int64_t kBlock = 32;
  const FusedLstmKernel<T>& kernel = BestFusedLstmKernel<T>();
  FusedLstmSizes sizes = SizesOf(sequences, parameters.weight_hh);
  const int64_t batch = sizes.batch;
  at::Tensor hidden =
      at::empty({sizes.steps, batch, sizes.hidden}, sequences.options());
  sizes.batch = std::min(batch, kBlock);
  const at::Tensor workspace =
      at::empty({kernel.WorkspaceSize(sizes)}, sequences.options());
  const LstmLayerParameters dense = Contiguous(parameters);
  const at::Tensor input = WithDenseRows(sequences);
  for (int64_t row = 0; row < batch; row += kBlock) {
    sizes.batch = std::min(batch - row, kBlock);
    kernel.Forward(sizes, ViewOf<T>(input.narrow(1, row, sizes.batch)),
                   ViewOf<T>(dense), workspace.mutable_data_ptr<T>());
    hidden.narrow(1, row, sizes.batch).copy_(HiddenIn<T>(workspace, sizes));
  }
  return hidden;
}

at::Tensor TorchHidden(const at::Tensor& sequences,
                       const LstmLayerParameters& parameters) {
  const at::Tensor zeros =
      at::zeros({1, sequences.size(1), parameters.weight_hh.size(1)},
                sequences.options());
  return std::get<0>(at::lstm(
      sequences, {zeros, zeros},
      {parameters.weight_ih, parameters.weight_hh, parameters.bias_ih,
       parameters.bias_hh},
      /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0.0,
      /*train=*/false, /*bidirectional=*/false, /*batch_first=*/false));
}

bool NeedsGradients(const at::Tensor& sequences,
                    const LstmLayerParameters& parameters) {
  return c10::GradMode::is_enabled() &&
         (sequences.requires_grad() || parameters.weight_ih.requires_grad() ||
          parameters.weight_hh.requires_grad() ||
          parameters.bias_ih.requires_grad() ||
          parameters.bias_hh.requires_grad());
}

}  // namespace

LstmMethod ChooseLstmMethod(const FusedLstmSizes& sizes, LstmPurpose purpose) {
  const absl::Span<const MethodRule> rules =
      purpose == LstmPurpose::kTraining ? absl::MakeConstSpan(kTrainingRules)
                                        : absl::MakeConstSpan(kInferenceRules);
  for (const MethodRule& rule : rules) {
    if (sizes.hidden <= rule.hidden && sizes.batch <= rule.batch &&
        sizes.steps <= rule.steps) {
      return rule.method;
    }
  }
  return LstmMethod::kTorch;
}

at::Tensor LstmLayer(const at::Tensor& sequences,
                     const LstmLayerParameters& parameters) {
  const LstmPurpose purpose = NeedsGradients(sequences, parameters)
                                  ? LstmPurpose::kTraining
                                  : LstmPurpose::kInference;
  const LstmMethod method =
      sequences.is_cpu()
          ? ChooseLstmMethod(SizesOf(sequences, parameters.weight_hh), purpose)
          : LstmMethod::kTorch;
  return LstmLayerBy(method, sequences, parameters);
}

at::Tensor LstmLayerBy(LstmMethod method, const at::Tensor& sequences,
                       const LstmLayerParameters& parameters) {
  switch (method) {
    case LstmMethod::kTorch:
      return TorchHidden(sequences, parameters);
    case LstmMethod::kProducts:
      return LstmByProducts(sequences, parameters);
    case LstmMethod::kFused:
      break;
  }
  if (NeedsGradients(sequences, parameters)) {
    return FusedFunction::apply(sequences, parameters.weight_ih,
                                parameters.weight_hh, parameters.bias_ih,
                                parameters.bias_hh);
  }
  const c10::NoGradGuard no_grad;
  return (sequences.scalar_type() == at::kDouble
              ? FusedHidden<double>
              : FusedHidden<float>)(sequences, parameters);
}

}  // namespace stagecoach
