// The loops of an LSTM layer, without libtorch: forward and backward over whole
// sequences, with vectors as wide as the processor has them.
//
// For layers as small as a forecasting model's, libtorch spends its time on
// setting up operations, not on doing them. Here a training step of such a
// layer is one call that allocates nothing. For large layers, where matrix
// products are all that counts, the loops over cells are there by themselves.
//
// The equations, the order of the gates (input, forget, cell, output) and the
// layout of the parameters are those of torch.nn.LSTM; sequences start from
// zero.

#ifndef SERVICES_COMMON_MODEL_FUSED_LSTM_H_
#define SERVICES_COMMON_MODEL_FUSED_LSTM_H_

#include <cstdint>
#include <vector>

namespace stagecoach {

// All >= 1.
struct FusedLstmSizes {
  int64_t steps;
  int64_t batch;
  int64_t input;
  int64_t hidden;
};

// [steps, batch, features]: element (step, row, feature) is
// at[step * step_stride + row * row_stride + feature].
template <typename T>
struct FusedSequences {
  T* at;
  int64_t step_stride;
  int64_t row_stride;
};

// T is `const float` or `const double` for the parameters, without `const` for
// their gradients.
template <typename T>
struct FusedLstmParameters {
  T* weight_ih;  // [4 hidden, input]
  T* weight_hh;  // [4 hidden, hidden]
  T* bias_ih;    // [4 hidden]
  T* bias_hh;    // [4 hidden]
};

// The cells of one step.
template <typename T>
struct FusedCells {
  int64_t rows;
  int64_t size;           // of each gate and of the rows below
  int64_t row_stride;     // of cells_before, cells, tanhs and hidden
  int64_t gate_stride;    // from one gate to the next; rows are 4 of it apart
  T* gates;               // before their activation; then activated
  const T* cells_before;  // null: zeros
  T* cells;
  T* tanhs;  // of cells
  T* hidden;
};

// And their way back.
template <typename T>
struct FusedCellGradients {
  const T* hidden;  // rows as in FusedCells
  T* cells;         // of this step; then of the step before
  T* gates;         // written: before their activation; rows as there
};

// A linear layer on rows of inputs. All >= 1.
struct FusedLinearSizes {
  int64_t rows;
  int64_t inputs;
  int64_t outputs;
};

template <typename T>
struct FusedLinearParameters {
  T* weight;  // [outputs, inputs]
  T* bias;    // [outputs]
};

// [rows, features], the rows `row_stride` apart.
template <typename T>
struct FusedRows {
  T* at;
  int64_t row_stride;
};

// Threads: any, at once. Nothing is allocated; `workspace` belongs to the
// caller, who keeps it from Forward to Backward.
template <typename T>
class FusedLstmKernel {
 public:
  virtual ~FusedLstmKernel() = default;

  // `avx512`, `avx2` or `default`, as ATEN_CPU_CAPABILITY names them.
  virtual const char* name() const = 0;

  // Numbers in a workspace.
  virtual int64_t WorkspaceSize(const FusedLstmSizes& sizes) const = 0;

  virtual void Forward(const FusedLstmSizes& sizes,
                       FusedSequences<const T> sequences,
                       const FusedLstmParameters<const T>& parameters,
                       T* workspace) const = 0;

  // After Forward, the hidden states [steps, batch, hidden] in the workspace.
  virtual FusedSequences<T> Hidden(const FusedLstmSizes& sizes,
                                   T* workspace) const = 0;

  // After Forward: writes the gradients of the parameters, and those of the
  // sequences unless they are null, for `grad_hidden`, the gradients of the
  // last `grad_steps` hidden states; those of the others are zero. May be
  // repeated.
  virtual void Backward(const FusedLstmSizes& sizes,
                        const FusedLstmParameters<const T>& parameters,
                        FusedSequences<const T> grad_hidden, int64_t grad_steps,
                        T* workspace,
                        const FusedLstmParameters<T>& grad_parameters,
                        FusedSequences<T> grad_sequences) const = 0;

  // A linear layer, outputs [rows, outputs], on rows of hidden states as they
  // stand in a workspace. Backward writes all gradients. The layer's own
  // workspace need not be kept in between.
  virtual int64_t LinearWorkspaceSize(const FusedLinearSizes& sizes) const = 0;
  virtual void ForwardLinear(const FusedLinearSizes& sizes,
                             const FusedLinearParameters<const T>& parameters,
                             FusedRows<const T> inputs, T* outputs,
                             T* workspace) const = 0;
  virtual void BackwardLinear(const FusedLinearSizes& sizes,
                              const FusedLinearParameters<const T>& parameters,
                              FusedRows<const T> inputs, const T* grad_outputs,
                              T* workspace,
                              const FusedLinearParameters<T>& grad_parameters,
                              FusedRows<T> grad_inputs) const = 0;

  // One step of an LSTM behind its matrix products.
  virtual void ForwardCells(const FusedCells<T>& cells) const = 0;
  virtual void BackwardCells(const FusedCells<T>& cells,
                             const FusedCellGradients<T>& gradients) const = 0;
};

// The kernels that this processor can run, the fastest first. The last,
// `default`, is the one for processors of which nothing is known. T is float or
// double.
template <typename T>
const std::vector<const FusedLstmKernel<T>*>& FusedLstmKernels();

// The one of them that is named so; the fastest if `capability` is null or
// names none of them.
template <typename T>
const FusedLstmKernel<T>& FusedLstmKernelFor(const char* capability);

// The one for the environment's ATEN_CPU_CAPABILITY, by which libtorch chooses
// its own, as it was when this was first called.
template <typename T>
const FusedLstmKernel<T>& BestFusedLstmKernel();

}  // namespace stagecoach

#endif  // SERVICES_COMMON_MODEL_FUSED_LSTM_H_
