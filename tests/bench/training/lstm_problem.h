// One training step of an LSTM with a linear layer, by every method there is.

#ifndef TESTS_BENCH_TRAINING_LSTM_PROBLEM_H_
#define TESTS_BENCH_TRAINING_LSTM_PROBLEM_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "services/common/model/lstm_layer.h"

namespace stagecoach {

struct LstmProblemSizes {
  int64_t hidden;
  int64_t batch;
  int64_t steps;
};

// One layer, one value a step, one value forecast; random data and parameters.
struct LstmProblem {
  explicit LstmProblem(const LstmProblemSizes& sizes);

  at::Tensor Forward(LstmMethod method) const;
  // The gradients of the mean squared error.
  std::vector<at::Tensor> Gradients(LstmMethod method) const;

  at::Tensor x;                        // [batch, steps, 1]
  at::Tensor y;                        // [batch, 1]
  std::vector<at::Tensor> parameters;  // four of the LSTM, two of the linear
                                       // layer
};

}  // namespace stagecoach

#endif  // TESTS_BENCH_TRAINING_LSTM_PROBLEM_H_
