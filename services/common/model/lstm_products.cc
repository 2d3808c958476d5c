#include "services/common/model/lstm_products.h"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/custom_function.h>

namespace stagecoach {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What the forward pass keeps for the backward pass.
struct Kept {
  at::Tensor gates;   // [steps, batch, 4 hidden], activated
  at::Tensor cells;   // [steps, batch, hidden]
  at::Tensor tanhs;   // of cells
  at::Tensor hidden;  // [steps, batch, hidden]
};

// The cells of one step. Without tensors of their own, which would cost more
// than the loops over them.
template <typename T>
FusedCells<T> CellsOf(const Kept& kept, int64_t step) {
  const int64_t batch = kept.cells.size(1);
  const int64_t size = kept.cells.size(2);
  const int64_t at = step * batch * size;
  FusedCells<T> cells;
  cells.rows = batch;
  cells.size = size;
  cells.row_stride = size;
  cells.gate_stride = size;
  cells.gates = kept.gates.mutable_data_ptr<T>() + 4 * at;
  cells.cells = kept.cells.mutable_data_ptr<T>() + at;
  cells.cells_before = step == 0 ? nullptr : cells.cells - batch * size;
  cells.tanhs = kept.tanhs.mutable_data_ptr<T>() + at;
  cells.hidden = kept.hidden.mutable_data_ptr<T>() + at;
  return cells;
}

template <typename T>
Kept Forward(const at::Tensor& sequences, const at::Tensor& weight_ih,
             const at::Tensor& weight_hh, const at::Tensor& bias) {
  const int64_t steps = sequences.size(0);
  const int64_t batch = sequences.size(1);
  const int64_t size = weight_hh.size(1);
  Kept kept;
  kept.gates =
      at::addmm(bias, sequences.view({steps * batch, -1}), weight_ih.t())
          .view({steps, batch, 4 * size});
  kept.cells = at::empty({steps, batch, size}, sequences.options());
  kept.tanhs = at::empty_like(kept.cells);
  kept.hidden = at::empty_like(kept.cells);
  const at::Tensor weight_hh_t = weight_hh.t();
  for (int64_t step = 0; step < steps; ++step) {
    at::Tensor gates = kept.gates.select(0, step);
    if (step > 0) gates.addmm_(kept.hidden.select(0, step - 1), weight_hh_t);
    BestFusedLstmKernel<T>().ForwardCells(CellsOf<T>(kept, step));
  }
  return kept;
}

// The gradients of the gates before their activation, [steps, batch, 4 hidden].
template <typename T>
at::Tensor Backward(const Kept& kept, const at::Tensor& weight_hh,
                    const at::Tensor& grad_outputs) {
  const int64_t steps = kept.gates.size(0);
  const int64_t batch = kept.gates.size(1);
  const int64_t size = weight_hh.size(1);
  at::Tensor grad_gates = at::empty_like(kept.gates);
  const at::Tensor grad_cells =
      at::zeros({batch, size}, grad_outputs.options());
  at::Tensor grad_hidden = grad_outputs.select(0, steps - 1).contiguous();
  for (int64_t step = steps - 1; step >= 0; --step) {
    const at::Tensor out = grad_gates.select(0, step);
    BestFusedLstmKernel<T>().BackwardCells(
        CellsOf<T>(kept, step),
        {grad_hidden.const_data_ptr<T>(), grad_cells.mutable_data_ptr<T>(),
         out.mutable_data_ptr<T>()});
    if (step > 0) {
      grad_hidden = at::addmm(grad_outputs.select(0, step - 1), out, weight_hh);
    }
  }
  return grad_gates;
}

class ProductsFunction : public torch::autograd::Function<ProductsFunction> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& sequences,
                            const at::Tensor& weight_ih,
                            const at::Tensor& weight_hh,
                            const at::Tensor& bias_ih,
                            const at::Tensor& bias_hh) {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    const at::Tensor contiguous = sequences.contiguous();
    const bool is_double = sequences.scalar_type() == at::kDouble;
    const Kept kept =
        (is_double ? Forward<double> : Forward<float>)(contiguous, weight_ih,
                                                       weight_hh,
                                                       bias_ih + bias_hh);
    context->save_for_backward({contiguous, weight_ih, weight_hh, kept.gates,
                                kept.cells, kept.tanhs, kept.hidden});
    return kept.hidden;
  }

  static variable_list backward(AutogradContext* context,
                                variable_list grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    const at::Tensor& sequences = saved[0];
    const at::Tensor& weight_ih = saved[1];
    const at::Tensor& weight_hh = saved[2];
    const Kept kept = {saved[3], saved[4], saved[5], saved[6]};
    const bool is_double = weight_hh.scalar_type() == at::kDouble;
    const at::Tensor grad_gates =
        (is_double ? Backward<double> : Backward<float>)(kept, weight_hh,
                                                         grad_outputs[0]);

    const int64_t steps = sequences.size(0);
    const int64_t batch = sequences.size(1);
    const at::Tensor rows = grad_gates.flatten(0, 1);
    const at::Tensor grad_ih = rows.t().mm(sequences.view({steps * batch, -1}));
    const at::Tensor grad_hh =
        rows.narrow(0, batch, (steps - 1) * batch)
            .t()
            .mm(kept.hidden.flatten(0, 1).narrow(0, 0, (steps - 1) * batch));
    const at::Tensor grad_bias = rows.sum(0);
    at::Tensor grad_sequences;
    if (context->needs_input_grad(0)) {
      grad_sequences = rows.mm(weight_ih).view(sequences.sizes());
    }
    return {grad_sequences, grad_ih, grad_hh, grad_bias, grad_bias};
  }
};

}  // namespace

at::Tensor LstmByProducts(const at::Tensor& sequences,
                          const LstmLayerParameters& parameters) {
  return ProductsFunction::apply(sequences, parameters.weight_ih,
                                 parameters.weight_hh, parameters.bias_ih,
                                 parameters.bias_hh);
}

}  // namespace stagecoach
