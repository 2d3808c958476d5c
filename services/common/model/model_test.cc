#include "services/common/model/model.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/rnn.h>

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

const ModelKind& Kind(absl::string_view name) { return **FindModelKind(name); }

Model SomeModel(absl::string_view kind, const ModelShape& shape,
                uint64_t seed = 1) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return Model::Create(Kind(kind), shape, generator);
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

std::vector<std::string> Names(const Model& model) {
  std::vector<std::string> names;
  for (const NamedTensor& parameter : model.parameters()) {
    names.push_back(parameter.name);
  }
  return names;
}

at::Tensor SomeWindows(const ModelShape& shape) {
  return at::linspace(-2, 2, 5 * shape.lookback * shape.input_size)
      .view({5, shape.lookback, shape.input_size});
}

// What PyTorch's own modules make of the windows, with the model's parameters,
// found by their names.
class PyTorchModel : public torch::nn::Module {
 public:
  explicit PyTorchModel(const Model& model) : kind_(model.kind().name) {
    const ModelShape& shape = model.shape();
    if (kind_ == "lstm") {
      lstm_ = register_module(
          "lstm", torch::nn::LSTM(torch::nn::LSTMOptions(shape.input_size,
                                                         shape.hidden_size)
                                      .num_layers(shape.layers)
                                      .batch_first(true)));
    } else if (kind_ == "gru") {
      gru_ = register_module(
          "gru", torch::nn::GRU(
                     torch::nn::GRUOptions(shape.input_size, shape.hidden_size)
                         .num_layers(shape.layers)
                         .batch_first(true)));
    } else {
      int64_t input = shape.lookback * shape.input_size;
      for (int64_t layer = 0; layer < shape.layers; ++layer) {
        mlp_->push_back(torch::nn::Linear(input, shape.hidden_size));
        mlp_->push_back(torch::nn::ReLU());
        mlp_->push_back(torch::nn::ReLU());  // stands for the dropout
        input = shape.hidden_size;
      }
      register_module("mlp", mlp_);
    }
    linear_ = register_module(
        "linear", torch::nn::Linear(shape.hidden_size, shape.output_size));
    Take(model);
  }

  at::Tensor Forward(const at::Tensor& windows) {
    if (kind_ == "mlp")
      return linear_->forward(mlp_->forward(windows.flatten(1)));
    const at::Tensor outputs = kind_ == "lstm"
                                   ? std::get<0>(lstm_->forward(windows))
                                   : std::get<0>(gru_->forward(windows));
    return linear_->forward(outputs.select(1, -1));
  }

 private:
  void Take(const Model& model) {
    const torch::NoGradGuard no_grad;
    auto own = named_parameters();
    EXPECT_EQ(own.size(), model.parameters().size());
    for (const NamedTensor& parameter : model.parameters()) {
      at::Tensor* const tensor = own.find(parameter.name);
      ASSERT_NE(tensor, nullptr) << parameter.name;
      tensor->copy_(parameter.tensor);
    }
  }

  const std::string kind_;
  torch::nn::LSTM lstm_{nullptr};
  torch::nn::GRU gru_{nullptr};
  torch::nn::Sequential mlp_;
  torch::nn::Linear linear_{nullptr};
};

TEST(ModelTest, NamesAndShapesTheParametersOfAnLstmAsPyTorchDoes) {
  const Model model = SomeModel("lstm", {.layers = 2});
  EXPECT_THAT(
      Names(model),
      ElementsAre("lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0",
                  "lstm.bias_hh_l0", "lstm.weight_ih_l1", "lstm.weight_hh_l1",
                  "lstm.bias_ih_l1", "lstm.bias_hh_l1", "linear.weight",
                  "linear.bias"));
  const auto sizes = [&model](size_t index) {
    return model.tensors()[index].sizes().vec();
  };
  EXPECT_THAT(sizes(0), ElementsAre(200, 1));
  EXPECT_THAT(sizes(1), ElementsAre(200, 50));
  EXPECT_THAT(sizes(2), ElementsAre(200));
  EXPECT_THAT(sizes(4), ElementsAre(200, 50));
  EXPECT_THAT(sizes(8), ElementsAre(1, 50));
  EXPECT_THAT(sizes(9), ElementsAre(1));
}

TEST(ModelTest, StartsUniformWithinTheBoundsOfPyTorch) {
  const ModelShape shape = {.hidden_size = 64, .lookback = 16};
  for (const ModelKind* kind : ModelKinds()) {
    const Model model = SomeModel(kind->name, shape);
    const std::vector<ParameterSpec> specs = kind->parameters(shape);
    for (size_t i = 0; i < specs.size(); ++i) {
      const at::Tensor& values = model.tensors()[i];
      EXPECT_LE(values.abs().max().item<float>(), specs[i].initial_bound);
      if (values.numel() < 1000) continue;
      EXPECT_GT(values.max().item<float>(), 0.98 * specs[i].initial_bound);
      EXPECT_LT(values.min().item<float>(), -0.98 * specs[i].initial_bound);
    }
    EXPECT_EQ(specs.back().initial_bound, 1 / 8.0) << kind->name;
  }
  EXPECT_EQ(Kind("lstm").parameters(shape)[0].initial_bound, 1 / 8.0);
  EXPECT_EQ(Kind("mlp").parameters(shape)[0].initial_bound, 1 / 4.0);
}

TEST(ModelTest, TheSeedAloneDecidesTheStart) {
  const Model one = SomeModel("lstm", {}, /*seed=*/1);
  at::manual_seed(99);
  const Model again = SomeModel("lstm", {}, /*seed=*/1);
  const Model other = SomeModel("lstm", {}, /*seed=*/2);
  for (size_t i = 0; i < one.tensors().size(); ++i) {
    EXPECT_TRUE(at::equal(one.tensors()[i], again.tensors()[i]));
    EXPECT_FALSE(at::equal(one.tensors()[i], other.tensors()[i]));
  }
}

TEST(ModelTest, EveryKindComputesWhatPyTorchsModulesDoWithTheSameNames) {
  for (const ModelKind* kind : ModelKinds()) {
    for (const ModelShape& shape :
         {ModelShape{.lookback = 6},
          ModelShape{
              .input_size = 3, .hidden_size = 7, .layers = 2, .lookback = 4},
          ModelShape{.hidden_size = 1, .output_size = 4, .lookback = 50}}) {
      const Model model = SomeModel(kind->name, shape);
      const at::Tensor windows = SomeWindows(shape);
      const at::Tensor expected = PyTorchModel(model).Forward(windows);
      const at::Tensor forecast = model.Forward(windows);
      EXPECT_THAT(forecast.sizes().vec(), ElementsAre(5, shape.output_size));
      EXPECT_TRUE(at::allclose(forecast, expected, /*rtol=*/1e-5,
                               /*atol=*/1e-6))
          << kind->name;
      // Without gradients another implementation may do it.
      const torch::NoGradGuard no_grad;
      EXPECT_TRUE(at::allclose(model.Forward(windows), expected,
                               /*rtol=*/1e-5, /*atol=*/1e-6))
          << kind->name;
    }
  }
}

TEST(ModelTest, DropoutFollowsTheHiddenLayersOfEveryKind) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
  const Dropout all_but_nothing(0.999999, generator);
  for (const ModelKind* kind : ModelKinds()) {
    const Model model = SomeModel(kind->name, {.layers = 2, .lookback = 4});
    const at::Tensor forecast =
        model.Forward(SomeWindows(model.shape()), all_but_nothing);
    // Of nothing, the last layer makes its bias.
    EXPECT_TRUE(forecast.eq(model.tensors().back()).all().item<bool>())
        << kind->name;
  }
}

TEST(ModelTest, LoadsWhatWasWritten) {
  for (const ModelKind* kind : ModelKinds()) {
    const Model model = SomeModel(kind->name, {.layers = 2, .lookback = 4});
    const absl::StatusOr<Model> loaded =
        Model::Load(*kind, model.shape(), FileOf(model.parameters()));
    ASSERT_OK(loaded);
    const at::Tensor windows = at::ones({1, 4, 1});
    EXPECT_TRUE(at::equal(loaded->Forward(windows), model.Forward(windows)));
  }
}

TEST(ModelTest, RefusesWeightsOfAnotherShapeNamingTheTensor) {
  const SafetensorsView file = FileOf(SomeModel("lstm", {}).parameters());
  EXPECT_THAT(
      Model::Load(Kind("lstm"), {.hidden_size = 51}, file).status(),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("'lstm.weight_ih_l0' is F32 [200,1]; needed is F32 "
                         "[204,1]")));
  EXPECT_THAT(Model::Load(Kind("lstm"), {.layers = 2}, file).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("the weights hold 6 tensors; a model 'lstm' "
                                 "of 2 layers has 10")));
}

TEST(ModelTest, RefusesWeightsThatLackATensor) {
  std::vector<NamedTensor> parameters = SomeModel("lstm", {}).parameters();
  parameters.back().name = "linear.bais";
  EXPECT_THAT(Model::Load(Kind("lstm"), {}, FileOf(parameters)).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("linear.bias")));
}

TEST(ModelTest, ACopyIsOfItsOwn) {
  const Model model = SomeModel("mlp", {.lookback = 4});
  const Model copy = model.CopyTo(at::kCPU);
  model.tensors()[0].zero_();
  EXPECT_FALSE(at::equal(copy.tensors()[0], model.tensors()[0]));
}

}  // namespace
}  // namespace stagecoach
