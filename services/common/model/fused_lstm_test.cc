#include "services/common/model/fused_lstm.h"

#include <cmath>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {

std::ostream& operator<<(std::ostream& out, const FusedLstmSizes& sizes) {
  return out << sizes.steps << "x" << sizes.batch << "x" << sizes.input
             << " hidden " << sizes.hidden;
}

namespace {

using testing::ElementsAreArray;

template <typename T>
using Values = std::vector<T>;

// A layer with everything that goes in and comes out, in exactly the memory
// that it is said to take.
template <typename T>
class Layer {
 public:
  Layer(const FusedLstmKernel<T>& kernel, const FusedLstmSizes& sizes)
      : kernel_(kernel), sizes_(sizes) {
    const int64_t gates = 4 * sizes.hidden;
    sequences = Random(sizes.steps * sizes.batch * sizes.input);
    weight_ih = Random(gates * sizes.input);
    weight_hh = Random(gates * sizes.hidden);
    bias_ih = Random(gates);
    bias_hh = Random(gates);
    factors = Random(sizes.steps * sizes.batch * sizes.hidden);
    workspace_.resize(kernel.WorkspaceSize(sizes));
  }

  Values<T> Hidden() {
    kernel_.Forward(sizes_,
                    {sequences.data(), StepOf(sizes_.input), sizes_.input},
                    Parameters(), workspace_.data());
    const FusedSequences<T> view = kernel_.Hidden(sizes_, workspace_.data());
    Values<T> hidden;
    for (int64_t step = 0; step < sizes_.steps; ++step) {
      for (int64_t row = 0; row < sizes_.batch; ++row) {
        const T* const at =
            view.at + step * view.step_stride + row * view.row_stride;
        hidden.insert(hidden.end(), at, at + sizes_.hidden);
      }
    }
    return hidden;
  }

  // What the gradients below are of.
  T Loss() {
    const Values<T> hidden = Hidden();
    T sum = 0;
    for (size_t i = 0; i < hidden.size(); ++i) sum += hidden[i] * factors[i];
    return sum;
  }

  // After Hidden: of the sequences and the four parameters.
  std::vector<Values<T>> Gradients() {
    std::vector<Values<T>> grads = {
        Values<T>(sequences.size()), Values<T>(weight_ih.size()),
        Values<T>(weight_hh.size()), Values<T>(bias_ih.size()),
        Values<T>(bias_hh.size())};
    kernel_.Backward(
        sizes_, Parameters(),
        {factors.data(), StepOf(sizes_.hidden), sizes_.hidden}, sizes_.steps,
        workspace_.data(),
        {grads[1].data(), grads[2].data(), grads[3].data(), grads[4].data()},
        {grads[0].data(), StepOf(sizes_.input), sizes_.input});
    return grads;
  }

  std::vector<Values<T>*> Leaves() {
    return {&sequences, &weight_ih, &weight_hh, &bias_ih, &bias_hh};
  }

  Values<T> sequences, weight_ih, weight_hh, bias_ih, bias_hh;
  Values<T> factors;  // of the hidden states in the loss

 private:
  FusedLstmParameters<const T> Parameters() const {
    return {weight_ih.data(), weight_hh.data(), bias_ih.data(), bias_hh.data()};
  }
  int64_t StepOf(int64_t features) const { return sizes_.batch * features; }
  Values<T> Random(int64_t count) {
    std::uniform_real_distribution<double> uniform(-1, 1);
    Values<T> values(count);
    for (T& value : values) value = static_cast<T>(uniform(generator_));
    return values;
  }

  const FusedLstmKernel<T>& kernel_;
  const FusedLstmSizes sizes_;
  std::mt19937 generator_{1};
  Values<T> workspace_;
};

// The equations of https://pytorch.org/docs/stable/generated/torch.nn.LSTM.
Values<double> HiddenByTheBook(const Layer<double>& layer,
                               const FusedLstmSizes& sizes) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const int64_t size = sizes.hidden;
  Values<double> all;
  Values<double> h(sizes.batch * size);
  Values<double> c(sizes.batch * size);
  for (int64_t step = 0; step < sizes.steps; ++step) {
    const Values<double> before = h;
    for (int64_t cell = 0; cell < sizes.batch * size; ++cell) {
      const int64_t row = cell / size;
      double gates[4];
      for (int64_t gate = 0; gate < 4; ++gate) {
        const int64_t unit = gate * size + cell % size;
        double sum = layer.bias_ih[unit] + layer.bias_hh[unit];
        for (int64_t k = 0; k < sizes.input; ++k) {
          sum += layer.weight_ih[unit * sizes.input + k] *
                 layer.sequences[(step * sizes.batch + row) * sizes.input + k];
        }
        for (int64_t k = 0; k < size; ++k) {
          sum += layer.weight_hh[unit * size + k] * before[row * size + k];
        }
        gates[gate] = sum;
      }
      c[cell] =
          sigmoid(gates[1]) * c[cell] + sigmoid(gates[0]) * std::tanh(gates[2]);
      h[cell] = sigmoid(gates[3]) * std::tanh(c[cell]);
    }
    all.insert(all.end(), h.begin(), h.end());
  }
  return all;
}

// Whole vectors and rests of every kind, inputs below and above a vector.
class FusedLstmTest : public testing::TestWithParam<FusedLstmSizes> {};

TEST_P(FusedLstmTest, FollowsTheEquations) {
  for (const FusedLstmKernel<double>* const kernel :
       FusedLstmKernels<double>()) {
    Layer<double> layer(*kernel, GetParam());
    const Values<double> hidden = layer.Hidden();
    const Values<double> expected = HiddenByTheBook(layer, GetParam());
    ASSERT_EQ(hidden.size(), expected.size());
    for (size_t i = 0; i < hidden.size(); ++i) {
      ASSERT_NEAR(hidden[i], expected[i], 1e-14) << kernel->name();
    }
  }
}

TEST_P(FusedLstmTest, GradientsAreTheDifferenceQuotients) {
  constexpr double kStep = 1e-5;
  for (const FusedLstmKernel<double>* const kernel :
       FusedLstmKernels<double>()) {
    Layer<double> layer(*kernel, GetParam());
    layer.Hidden();
    const std::vector<Values<double>> gradients = layer.Gradients();
    for (size_t leaf = 0; leaf < gradients.size(); ++leaf) {
      Values<double>& values = *layer.Leaves()[leaf];
      const size_t stride = 1 + values.size() / 20;
      for (size_t i = 0; i < values.size(); i += stride) {
        const double here = values[i];
        values[i] = here + kStep;
        const double above = layer.Loss();
        values[i] = here - kStep;
        const double below = layer.Loss();
        values[i] = here;
        ASSERT_NEAR(gradients[leaf][i], (above - below) / (2 * kStep), 1e-6)
            << kernel->name() << " leaf " << leaf << " element " << i;
      }
    }
  }
}

TEST_P(FusedLstmTest, FloatsAgreeWithDoubles) {
  for (const FusedLstmKernel<float>* const kernel : FusedLstmKernels<float>()) {
    Layer<float> layer(*kernel, GetParam());
    Layer<double> exact(*FusedLstmKernels<double>().back(), GetParam());
    const Values<float> hidden = layer.Hidden();
    const Values<double> expected = exact.Hidden();
    for (size_t i = 0; i < hidden.size(); ++i) {
      ASSERT_NEAR(hidden[i], expected[i], 2e-6) << kernel->name();
    }
    const std::vector<Values<float>> gradients = layer.Gradients();
    const std::vector<Values<double>> wanted = exact.Gradients();
    for (size_t leaf = 0; leaf < wanted.size(); ++leaf) {
      for (size_t i = 0; i < wanted[leaf].size(); ++i) {
        ASSERT_NEAR(gradients[leaf][i], wanted[leaf][i],
                    1e-5 * (1 + std::abs(wanted[leaf][i])))
            << kernel->name() << " leaf " << leaf;
      }
    }
  }
}

TEST_P(FusedLstmTest, TheSameComesOutEveryTime) {
  for (const FusedLstmKernel<float>* const kernel : FusedLstmKernels<float>()) {
    Layer<float> layer(*kernel, GetParam());
    const Values<float> hidden = layer.Hidden();
    const std::vector<Values<float>> gradients = layer.Gradients();
    EXPECT_THAT(layer.Gradients(), ElementsAreArray(gradients));
    EXPECT_THAT(layer.Hidden(), ElementsAreArray(hidden));
    EXPECT_THAT(layer.Gradients(), ElementsAreArray(gradients));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, FusedLstmTest,
    testing::Values(FusedLstmSizes{4, 8, 1, 50}, FusedLstmSizes{1, 1, 1, 1},
                    FusedLstmSizes{1, 3, 2, 5}, FusedLstmSizes{7, 1, 3, 4},
                    FusedLstmSizes{2, 2, 3, 2}, FusedLstmSizes{3, 2, 8, 16},
                    FusedLstmSizes{5, 9, 17, 33}, FusedLstmSizes{40, 6, 2, 7},
                    FusedLstmSizes{2, 15, 20, 70}));

TEST(FusedLstmUseTest, GradientsOfTheLastStepsAloneAreEnough) {
  const FusedLstmSizes sizes = {5, 3, 2, 9};
  Layer<double> layer(BestFusedLstmKernel<double>(), sizes);
  // Only the last two steps count.
  constexpr int64_t kRow = int64_t{3} * 9;
  std::fill_n(layer.factors.begin(), 3 * kRow, 0.0);
  layer.Hidden();
  const std::vector<Values<double>> all = layer.Gradients();

  const FusedLstmKernel<double>& kernel = BestFusedLstmKernel<double>();
  Values<double> workspace(kernel.WorkspaceSize(sizes));
  const FusedLstmParameters<const double> parameters = {
      layer.weight_ih.data(), layer.weight_hh.data(), layer.bias_ih.data(),
      layer.bias_hh.data()};
  kernel.Forward(sizes, {layer.sequences.data(), /*step_stride=*/6, 2},
                 parameters, workspace.data());
  std::vector<Values<double>> grads = all;
  for (Values<double>& values : grads) values.assign(values.size(), -1);
  kernel.Backward(
      sizes, parameters, {layer.factors.data() + 3 * kRow, kRow, 9},
      /*grad_steps=*/2, workspace.data(),
      {grads[1].data(), grads[2].data(), grads[3].data(), grads[4].data()},
      {nullptr, 0, 0});
  for (size_t leaf = 1; leaf < all.size(); ++leaf) {
    EXPECT_THAT(grads[leaf], ElementsAreArray(all[leaf]));
  }
  EXPECT_EQ(grads[0][0], -1) << "not asked for";
}

TEST(FusedLstmUseTest, TheLastKernelRunsOnAnyProcessor) {
  EXPECT_EQ(FusedLstmKernels<float>().back()->name(), std::string("default"));
  EXPECT_EQ(FusedLstmKernels<double>().back()->name(), std::string("default"));
}

TEST(FusedLstmUseTest, AKernelIsTakenByItsName) {
  for (const FusedLstmKernel<float>* const kernel : FusedLstmKernels<float>()) {
    EXPECT_EQ(&FusedLstmKernelFor<float>(kernel->name()), kernel);
  }
}

TEST(FusedLstmUseTest, TheFastestKernelIsTakenWhereNoneIsNamed) {
  const auto* const fastest = FusedLstmKernels<double>().front();
  EXPECT_EQ(&FusedLstmKernelFor<double>(nullptr), fastest);
  EXPECT_EQ(&FusedLstmKernelFor<double>("zvector"), fastest);
}

}  // namespace
}  // namespace stagecoach
