#include "services/forecast/some_model.h"

#include <ATen/CPUGeneratorImpl.h>

#include <memory>

namespace stagecoach {

Model CountingModel(const ModelShape& shape, float step) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
  const Model model = Model::Create(**FindModelKind("mlp"), shape, generator);
  for (const at::Tensor& parameter : model.tensors()) parameter.zero_();
  // hidden = relu(last + 1000), output = hidden - 1000 + step.
  const int64_t last = (shape.lookback - 1) * shape.input_size;
  model.tensors()[0][0][last] = 1;
  model.tensors()[1][0] = 1000;
  model.tensors()[2][0][0] = 1;
  model.tensors()[3][0] = step - 1000;
  return model;
}

std::string WeightsBytes(const Model& model,
                         const SafetensorsMetadata& metadata) {
  const std::vector<TensorView> views = ViewsOf(model.parameters());
  std::string bytes = *SafetensorsHeader(views, metadata);
  for (const TensorView& view : views) {
    bytes.append(view.bytes.data(), view.bytes.size());
  }
  return bytes;
}

SafetensorsView WeightsFile(const Model& model,
                            const SafetensorsMetadata& metadata) {
  auto bytes = std::make_shared<std::string>(WeightsBytes(model, metadata));
  return *SafetensorsView::Parse(
      ArtifactReader("pvc://test/weights.safetensors", *bytes, bytes));
}

Scaler MonthlyScaler(int64_t lookback) {
  Scaler scaler;
  scaler.columns = {{.name = "Passengers", .offset = 5, .scale = 10}};
  scaler.calendar = {CalendarFeature::kMonth};
  scaler.lookback = lookback;
  scaler.frequency = {Frequency::Unit::kMonths, 1};
  scaler.last_timestamp = -286675200;  // 1960-12-01
  return scaler;
}

}  // namespace stagecoach
