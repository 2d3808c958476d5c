#include "services/common/model/lstm_model.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

LstmModel SomeModel(const LstmShape& shape, uint64_t seed = 1) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return LstmModel::Create(shape, generator);
}

SafetensorsView FileOf(const std::vector<NamedTensor>& tensors) {
  const std::vector<TensorView> views = ViewsOf(tensors);
  auto bytes = std::make_shared<std::string>(*SafetensorsHeader(views, {}));
  for (const TensorView& view : views) {
    bytes->append(view.bytes.data(), view.bytes.size());
  }
  return *SafetensorsView::Parse(
      ArtifactReader("pvc://test/weights.safetensors", *bytes, bytes));
}

std::vector<std::string> Names(const LstmModel& model) {
  std::vector<std::string> names;
  for (const NamedTensor& parameter : model.parameters()) {
    names.push_back(parameter.name);
  }
  return names;
}

// The equations of https://pytorch.org/docs/stable/generated/torch.nn.LSTM,
// one step at a time, in double.
at::Tensor ForwardByTheBook(const LstmModel& model, at::Tensor sequence) {
  const auto parameter = [&model](size_t index) {
    return model.parameters()[index].tensor.to(at::kDouble);
  };
  sequence = sequence.to(at::kDouble);
  const int64_t layers = model.shape().layers;
  for (int64_t layer = 0; layer < layers; ++layer) {
    at::Tensor h =
        at::zeros({sequence.size(0), model.shape().hidden_size}, at::kDouble);
    at::Tensor c = at::zeros_like(h);
    std::vector<at::Tensor> outputs;
    for (int64_t step = 0; step < sequence.size(1); ++step) {
      const at::Tensor gates =
          at::matmul(sequence.select(1, step), parameter(4 * layer).t()) +
          at::matmul(h, parameter(4 * layer + 1).t()) +
          parameter(4 * layer + 2) + parameter(4 * layer + 3);
      const std::vector<at::Tensor> parts = gates.chunk(4, 1);
      c = parts[1].sigmoid() * c + parts[0].sigmoid() * parts[2].tanh();
      h = parts[3].sigmoid() * c.tanh();
      outputs.push_back(h);
    }
    sequence = at::stack(outputs, 1);
  }
  return at::matmul(sequence.select(1, -1), parameter(4 * layers).t()) +
         parameter(4 * layers + 1);
}

TEST(LstmModelTest, NamesAndShapesItsParametersAsPyTorchDoes) {
  const LstmModel model = SomeModel({.layers = 2});
  EXPECT_THAT(
      Names(model),
      ElementsAre("lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0",
                  "lstm.bias_hh_l0", "lstm.weight_ih_l1", "lstm.weight_hh_l1",
                  "lstm.bias_ih_l1", "lstm.bias_hh_l1", "linear.weight",
                  "linear.bias"));
  const auto sizes = [&model](size_t index) {
    return model.parameters()[index].tensor.sizes().vec();
  };
  EXPECT_THAT(sizes(0), ElementsAre(200, 1));
  EXPECT_THAT(sizes(1), ElementsAre(200, 50));
  EXPECT_THAT(sizes(2), ElementsAre(200));
  EXPECT_THAT(sizes(4), ElementsAre(200, 50));
  EXPECT_THAT(sizes(8), ElementsAre(1, 50));
  EXPECT_THAT(sizes(9), ElementsAre(1));
}

TEST(LstmModelTest, StartsUniformWithinOneOverTheRootOfHiddenSize) {
  const LstmModel model = SomeModel({.hidden_size = 64});
  for (const NamedTensor& parameter : model.parameters()) {
    EXPECT_LE(parameter.tensor.abs().max().item<float>(), 0.125f);
  }
  const at::Tensor weights = model.parameters()[1].tensor;
  EXPECT_GT(weights.max().item<float>(), 0.124f);
  EXPECT_LT(weights.min().item<float>(), -0.124f);
  EXPECT_NEAR(weights.mean().item<float>(), 0.0, 0.005);
}

TEST(LstmModelTest, TheSeedAloneDecidesTheStart) {
  const LstmModel one = SomeModel({}, /*seed=*/1);
  at::manual_seed(99);
  const LstmModel again = SomeModel({}, /*seed=*/1);
  const LstmModel other = SomeModel({}, /*seed=*/2);
  for (size_t i = 0; i < one.parameters().size(); ++i) {
    EXPECT_TRUE(
        at::equal(one.parameters()[i].tensor, again.parameters()[i].tensor));
    EXPECT_FALSE(
        at::equal(one.parameters()[i].tensor, other.parameters()[i].tensor));
  }
}

TEST(LstmModelTest, ForwardFollowsTheEquations) {
  for (const LstmShape shape :
       {LstmShape{}, LstmShape{.input_size = 3, .hidden_size = 7, .layers = 2},
        LstmShape{.hidden_size = 1, .output_size = 4}}) {
    const LstmModel model = SomeModel(shape);
    const at::Tensor windows = at::linspace(-2, 2, 5 * 6 * shape.input_size)
                                   .view({5, 6, shape.input_size});
    const at::Tensor forecast = model.Forward(windows);
    EXPECT_THAT(forecast.sizes().vec(), ElementsAre(5, shape.output_size));
    const at::Tensor expected = ForwardByTheBook(model, windows);
    EXPECT_TRUE(at::allclose(forecast.to(at::kDouble), expected,
                             /*rtol=*/1e-5, /*atol=*/1e-6));
    // Without gradients another implementation does it.
    const c10::NoGradGuard no_grad;
    EXPECT_TRUE(at::allclose(model.Forward(windows).to(at::kDouble), expected,
                             /*rtol=*/1e-5, /*atol=*/1e-6));
  }
}

TEST(LstmModelTest, LoadsWhatWasWritten) {
  const LstmModel model = SomeModel({.layers = 2});
  absl::StatusOr<LstmModel> loaded =
      LstmModel::Load(model.shape(), FileOf(model.parameters()));
  ASSERT_OK(loaded);
  const at::Tensor windows = at::ones({1, 4, 1});
  EXPECT_TRUE(at::equal(loaded->Forward(windows), model.Forward(windows)));
}

TEST(LstmModelTest, RefusesWeightsOfAnotherShapeNamingTheTensor) {
  const SafetensorsView file = FileOf(SomeModel({}).parameters());
  EXPECT_THAT(
      LstmModel::Load({.hidden_size = 51}, file).status(),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("'lstm.weight_ih_l0' is F32 [200,1]; needed is F32 "
                         "[204,1]")));
  EXPECT_THAT(
      LstmModel::Load({.layers = 2}, file).status(),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("the weights hold 6 tensors; an LSTM of 2 layers and "
                         "a linear layer have 10")));
}

TEST(LstmModelTest, RefusesWeightsThatLackATensor) {
  std::vector<NamedTensor> parameters = SomeModel({}).parameters();
  parameters.back().name = "linear.bais";
  EXPECT_THAT(LstmModel::Load({}, FileOf(parameters)).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("linear.bias")));
}

}  // namespace
}  // namespace stagecoach
