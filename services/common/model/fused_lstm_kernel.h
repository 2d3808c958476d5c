// FusedLstmKernel for one width of vectors. To be included by the one source
// file that is compiled for it.
//
// Rows of hidden states, and every gate in rows of gates, are filled up to
// whole vectors. The weights are packed with zeros there, so that what stands
// in the filling is finite and goes nowhere.

#ifndef SERVICES_COMMON_MODEL_FUSED_LSTM_KERNEL_H_
#define SERVICES_COMMON_MODEL_FUSED_LSTM_KERNEL_H_

#include <cstdint>

#include "services/common/model/fused_gemm.h"
#include "services/common/model/fused_linear.h"
#include "services/common/model/fused_lstm.h"
#include "services/common/model/fused_lstm_gradients.h"
#include "services/common/model/fused_lstm_layout.h"
#include "services/common/model/fused_vector.h"

namespace stagecoach {

template <typename T, int kBytes>
class WideFusedLstmKernel final : public FusedLstmKernel<T> {
 public:
  explicit WideFusedLstmKernel(const char* name) : name_(name) {}

  const char* name() const override { return name_; }

  int64_t WorkspaceSize(const FusedLstmSizes& sizes) const override {
    return Layout(sizes, nullptr).size;
  }

  FusedSequences<T> Hidden(const FusedLstmSizes& sizes,
                           T* workspace) const override {
    const Layout at(sizes, workspace);
    return {at.hidden, sizes.batch * at.row, at.row};
  }

  void Forward(const FusedLstmSizes& sizes, FusedSequences<const T> sequences,
               const FusedLstmParameters<const T>& parameters,
               T* workspace) const override {
    const Layout at(sizes, workspace);
    CopyInput(sizes, sequences, at);
    PackForward(sizes, parameters, at);
    for (int64_t step = 0; step < sizes.steps; ++step) {
      const FusedCells<T> cells = CellsOf(sizes, at, step);
      FillGates(sizes, at, cells.gates);
      AddProducts(sizes, at, at.input + step * sizes.batch * at.input_row,
                  at.input_row, sizes.input, at.weight_ih, cells.gates);
      if (step > 0) {
        AddProducts(sizes, at, cells.hidden - sizes.batch * at.row, at.row,
                    sizes.hidden, at.weight_hh, cells.gates);
      }
      ForwardCells(cells);
    }
  }

  void Backward(const FusedLstmSizes& sizes,
                const FusedLstmParameters<const T>& parameters,
                FusedSequences<const T> grad_hidden, int64_t grad_steps,
                T* workspace, const FusedLstmParameters<T>& grad_parameters,
                FusedSequences<T> grad_sequences) const override {
    const Layout at(sizes, workspace);
    Gradients::Pack(parameters.weight_hh, sizes.hidden, sizes.hidden, at.row,
                    at.weight_hh_back);
    V::Fill(at.grad_cells, sizes.batch * at.row);
    const int64_t first_grad = sizes.steps - grad_steps;
    for (int64_t step = sizes.steps - 1; step >= 0; --step) {
      V::Fill(at.grad_hidden, sizes.batch * at.row);
      if (step >= first_grad) {
        V::CopyRows(
            grad_hidden.at + (step - first_grad) * grad_hidden.step_stride,
            grad_hidden.row_stride, at.grad_hidden, at.row, sizes.batch,
            sizes.hidden);
      }
      T* const gates = at.grad_gates + step * sizes.batch * at.gates_row;
      if (step + 1 < sizes.steps) {
        Gradients::AddProducts(
            sizes.batch, sizes.hidden, at, gates + sizes.batch * at.gates_row,
            at.weight_hh_back, at.row, at.grad_hidden, at.row, at.row);
      }
      BackwardCells(CellsOf(sizes, at, step),
                    {at.grad_hidden, at.grad_cells, gates});
    }
    Gradients::Write(sizes, at, grad_parameters);
    if (grad_sequences.at != nullptr) {
      Gradients::WriteSequences(sizes, at, parameters.weight_ih,
                                grad_sequences);
    }
  }

  int64_t LinearWorkspaceSize(const FusedLinearSizes& sizes) const override {
    return FusedLinear<T, kBytes>::WorkspaceSize(sizes);
  }
  void ForwardLinear(const FusedLinearSizes& sizes,
                     const FusedLinearParameters<const T>& parameters,
                     FusedRows<const T> inputs, T* outputs,
                     T* workspace) const override {
    FusedLinear<T, kBytes>::Forward(sizes, parameters, inputs, outputs,
                                    workspace);
  }
  void BackwardLinear(const FusedLinearSizes& sizes,
                      const FusedLinearParameters<const T>& parameters,
                      FusedRows<const T> inputs, const T* grad_outputs,
                      T* workspace,
                      const FusedLinearParameters<T>& grad_parameters,
                      FusedRows<T> grad_inputs) const override {
    FusedLinear<T, kBytes>::Backward(sizes, parameters, inputs, grad_outputs,
                                     workspace, grad_parameters, grad_inputs);
  }

  void ForwardCells(const FusedCells<T>& cells) const override {
    for (int64_t row = 0; row < cells.rows; ++row) {
      const int64_t at = row * cells.row_stride;
      T* const gates = cells.gates + row * kFusedGates * cells.gate_stride;
      int64_t j = 0;
      for (; j + V::kLanes <= cells.size; j += V::kLanes) {
        ForwardVector(cells, gates + j, at + j, V::kLanes);
      }
      if (j < cells.size) {
        ForwardVector(cells, gates + j, at + j, cells.size - j);
      }
    }
  }

  void BackwardCells(const FusedCells<T>& cells,
                     const FusedCellGradients<T>& gradients) const override {
    for (int64_t row = 0; row < cells.rows; ++row) {
      const int64_t at = row * cells.row_stride;
      const int64_t gates = row * kFusedGates * cells.gate_stride;
      int64_t j = 0;
      for (; j + V::kLanes <= cells.size; j += V::kLanes) {
        BackwardVector(cells, gradients, gates + j, at + j, V::kLanes);
      }
      if (j < cells.size) {
        BackwardVector(cells, gradients, gates + j, at + j, cells.size - j);
      }
    }
  }

 private:
  using V = Vectors<T, kBytes>;
  using Vector = typename V::Vector;
  using Gemm = SmallGemm<T, kBytes>;
  using Layout = FusedLstmLayout<T, kBytes>;
  using Gradients = FusedLstmGradients<T, kBytes>;

  // i, f, g and o are the gates; c = f c' + i g, h = o tanh(c).
  [[gnu::always_inline]] static void ForwardVector(const FusedCells<T>& cells,
                                                   T* gates, int64_t at,
                                                   int64_t there) {
    T* const to_f = gates + cells.gate_stride;
    T* const to_g = to_f + cells.gate_stride;
    T* const to_o = to_g + cells.gate_stride;
    const Vector i = V::Sigmoid(V::LoadFirst(gates, there));
    const Vector f = V::Sigmoid(V::LoadFirst(to_f, there));
    const Vector g = V::Tanh(V::LoadFirst(to_g, there));
    const Vector o = V::Sigmoid(V::LoadFirst(to_o, there));
    Vector c = i * g;
    if (cells.cells_before != nullptr) {
      c += f * V::LoadFirst(cells.cells_before + at, there);
    }
    const Vector tanh_c = V::Tanh(c);
    V::StoreFirst(gates, i, there);
    V::StoreFirst(to_f, f, there);
    V::StoreFirst(to_g, g, there);
    V::StoreFirst(to_o, o, there);
    V::StoreFirst(cells.cells + at, c, there);
    V::StoreFirst(cells.tanhs + at, tanh_c, there);
    V::StoreFirst(cells.hidden + at, o * tanh_c, there);
  }

  [[gnu::always_inline]] static void BackwardVector(
      const FusedCells<T>& cells, const FusedCellGradients<T>& gradients,
      int64_t gates_at, int64_t at, int64_t there) {
    const int64_t stride = cells.gate_stride;
    const T* const gates = cells.gates + gates_at;
    const Vector i = V::LoadFirst(gates, there);
    const Vector f = V::LoadFirst(gates + stride, there);
    const Vector g = V::LoadFirst(gates + 2 * stride, there);
    const Vector o = V::LoadFirst(gates + 3 * stride, there);
    const Vector tanh_c = V::LoadFirst(cells.tanhs + at, there);
    const Vector dh = V::LoadFirst(gradients.hidden + at, there);
    Vector before = {};
    if (cells.cells_before != nullptr) {
      before = V::LoadFirst(cells.cells_before + at, there);
    }
    T* const to_dc = gradients.cells + at;
    const Vector dc =
        V::LoadFirst(to_dc, there) + dh * o * (1 - tanh_c * tanh_c);
    T* const out = gradients.gates + gates_at;
    V::StoreFirst(out, dc * g * i * (1 - i), there);
    V::StoreFirst(out + stride, dc * before * f * (1 - f), there);
    V::StoreFirst(out + 2 * stride, dc * i * (1 - g * g), there);
    V::StoreFirst(out + 3 * stride, dh * tanh_c * o * (1 - o), there);
    V::StoreFirst(to_dc, dc * f, there);
  }

  static FusedCells<T> CellsOf(const FusedLstmSizes& sizes, const Layout& at,
                               int64_t step) {
    const int64_t offset = step * sizes.batch * at.row;
    FusedCells<T> cells;
    cells.rows = sizes.batch;
    cells.size = at.row;
    cells.row_stride = at.row;
    cells.gate_stride = at.row;
    cells.gates = at.gates + kFusedGates * offset;
    cells.cells = at.cells + offset;
    cells.cells_before =
        step == 0 ? nullptr : cells.cells - sizes.batch * at.row;
    cells.tanhs = at.tanhs + offset;
    cells.hidden = at.hidden + offset;
    return cells;
  }

  static void CopyInput(const FusedLstmSizes& sizes,
                        FusedSequences<const T> sequences, const Layout& at) {
    T* to = at.input;
    V::Fill(to, sizes.steps * sizes.batch * at.input_row);
    for (int64_t step = 0; step < sizes.steps; ++step) {
      V::CopyRows(sequences.at + step * sequences.step_stride,
                  sequences.row_stride, to, at.input_row, sizes.batch,
                  sizes.input);
      to += sizes.batch * at.input_row;
    }
  }

  static void PackForward(const FusedLstmSizes& sizes,
                          const FusedLstmParameters<const T>& parameters,
                          const Layout& at) {
    V::Fill(at.bias, at.gates_row);
    for (int64_t gate = 0; gate < kFusedGates; ++gate) {
      const int64_t first = gate * sizes.hidden;
      for (int64_t j = 0; j < sizes.hidden; ++j) {
        at.bias[gate * at.row + j] =
            parameters.bias_ih[first + j] + parameters.bias_hh[first + j];
      }
      Gemm::PackTransposed(parameters.weight_ih + first * sizes.input,
                           sizes.input, sizes.input, sizes.hidden,
                           at.weight_ih + gate * sizes.input * at.row);
      Gemm::PackTransposed(parameters.weight_hh + first * sizes.hidden,
                           sizes.hidden, sizes.hidden, sizes.hidden,
                           at.weight_hh + gate * sizes.hidden * at.row);
    }
  }

  static void FillGates(const FusedLstmSizes& sizes, const Layout& at,
                        T* gates) {
    for (int64_t row = 0; row < sizes.batch; ++row) {
      for (int64_t j = 0; j < at.gates_row; ++j) gates[j] = at.bias[j];
      gates += at.gates_row;
    }
  }

  // gates [batch, 4 row] += from [batch, size] weight [size, 4 row]
  static void AddProducts(const FusedLstmSizes& sizes, const Layout& at,
                          const T* from, int64_t from_row, int64_t size,
                          const T* weight, T* gates) {
    for (int64_t gate = 0; gate < kFusedGates; ++gate) {
      Gemm::MultiplyPacked({from, from_row, 1}, weight + gate * size * at.row,
                           gates + gate * at.row, at.gates_row, sizes.batch,
                           at.row, size);
    }
  }

  const char* const name_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_FUSED_LSTM_KERNEL_H_
