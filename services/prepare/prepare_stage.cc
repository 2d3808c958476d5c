#include "services/prepare/prepare_stage.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"
#include "services/common/scaling/column_names.h"
#include "services/common/scaling/scaler.h"
#include "services/common/stagekit/stage_builder.h"
#include "services/prepare/features.h"
#include "services/prepare/windows.h"

namespace stagecoach {
namespace {

constexpr int64_t kLongest = 1'000'000;

// A series and the mapped file that it lies in.
struct SeriesFile {
  SafetensorsView file;
  absl::Span<const float> values;  // row by row
  int64_t columns = 1;

  int64_t rows() const { return static_cast<int64_t>(values.size()) / columns; }
};

std::string ShapeText(const TensorView& tensor) {
  return absl::StrCat(DtypeName(tensor.dtype), " [",
                      absl::StrJoin(tensor.shape, ","), "]");
}

// FAILED_PRECONDITION unless the input holds F32 [n,columns]; any number of
// columns from 1 if `columns` is 0.
absl::StatusOr<SeriesFile> OpenSeries(ExecutionContext& context,
                                      const std::string& input,
                                      int64_t columns) {
  SeriesFile series;
  SC_ASSIGN_OR_RETURN(series.file, context.OpenTensors(input));
  SC_ASSIGN_OR_RETURN(const TensorView tensor, series.file.Find(input),
                      "input '", input, "'");
  const bool fits = tensor.dtype == Dtype::kF32 && tensor.shape.size() == 2 &&
                    tensor.shape[1] > 0 &&
                    (columns == 0 || tensor.shape[1] == columns);
  if (!fits) {
    return absl::FailedPreconditionError(absl::StrCat(
        "input '", input, "' is ", ShapeText(tensor), "; needed is F32 [n,",
        columns == 0 ? "columns" : absl::StrCat(columns), "]"));
  }
  series.values = tensor.floats();
  series.columns = tensor.shape[1];
  return series;
}

// What is prepared, and what with.
struct Inputs {
  SeriesFile train;
  SeriesFile test;
  SeriesFile forecast;
  std::vector<std::string> columns;
  std::vector<int64_t> timestamps;  // of train and test; empty if not given
};

absl::StatusOr<std::vector<int64_t>> ReadTimestamps(ExecutionContext& context,
                                                    int64_t rows) {
  if (!context.HasInput("timestamps")) return std::vector<int64_t>();
  SC_ASSIGN_OR_RETURN(const SafetensorsView file,
                      context.OpenTensors("timestamps"));
  SC_ASSIGN_OR_RETURN(const TensorView tensor, file.Find("timestamps"),
                      "input 'timestamps'");
  if (tensor.dtype != Dtype::kI64 ||
      tensor.shape != std::vector<int64_t>{rows}) {
    return absl::FailedPreconditionError(absl::StrCat(
        "input 'timestamps' is ", ShapeText(tensor), "; needed is I64 [", rows,
        "], one for each row of train and test"));
  }
  // A file's tensors are aligned to their elements.
  const auto* const first =
      reinterpret_cast<const int64_t*>(tensor.bytes.data());
  return std::vector<int64_t>(first, first + rows);
}

absl::StatusOr<Inputs> OpenInputs(ExecutionContext& context) {
  Inputs inputs;
  SC_ASSIGN_OR_RETURN(inputs.train, OpenSeries(context, "train", 0));
  const int64_t columns = inputs.train.columns;
  SC_ASSIGN_OR_RETURN(inputs.test, OpenSeries(context, "test", columns));
  SC_ASSIGN_OR_RETURN(inputs.forecast,
                      OpenSeries(context, "forecast", columns));
  inputs.columns = ColumnNames(inputs.train.file.metadata(), columns);
  SC_ASSIGN_OR_RETURN(
      inputs.timestamps,
      ReadTimestamps(context, inputs.train.rows() + inputs.test.rows()));
  return inputs;
}

absl::StatusOr<int64_t> FindTarget(const v1::ParameterValue& target,
                                   const std::vector<std::string>& columns) {
  const auto count = static_cast<int64_t>(columns.size());
  if (target.has_integer_value()) {
    const int64_t index = target.integer_value();
    if (index >= -count && index < count) {
      return index < 0 ? index + count : index;
    }
    return absl::OutOfRangeError(absl::StrCat("parameter 'target' is ", index,
                                              "; the series has ", count,
                                              " columns, 0 to ", count - 1));
  }
  for (int64_t i = 0; i < count; ++i) {
    if (columns[i] == target.string_value()) return i;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("parameter 'target' is \"", target.string_value(),
                   "\", which is none of the columns",
                   NearestNameHint(target.string_value(), columns)));
}

absl::StatusOr<Scaler> MakeScaler(const ExecutionContext& context,
                                  const Inputs& inputs) {
  Scaler scaler;
  SC_ASSIGN_OR_RETURN(scaler.kind, ParseScalingKind(context.String("scaling")));
  for (const std::string& name : context.StringList("calendar")) {
    SC_ASSIGN_OR_RETURN(scaler.calendar.emplace_back(),
                        ParseCalendarFeature(name));
  }
  if (!scaler.calendar.empty() && inputs.timestamps.empty()) {
    return absl::InvalidArgumentError(
        "parameter 'calendar' needs input 'timestamps', which was not given");
  }
  SC_ASSIGN_OR_RETURN(scaler.target,
                      FindTarget(context.Parameter("target"), inputs.columns));
  SC_ASSIGN_OR_RETURN(scaler.columns,
                      FitScaling(inputs.train.values, inputs.columns,
                                 scaler.kind, context.Boolean("log")),
                      "input 'train'");
  scaler.lookback = context.Integer("lookback");
  scaler.horizon = context.Integer("horizon");
  scaler.stride = context.Integer("stride");
  if (!inputs.timestamps.empty()) {
    scaler.frequency = FindFrequency(inputs.timestamps);
    scaler.last_timestamp = inputs.timestamps.back();
  }
  return scaler;
}

absl::Status WriteFloats(ExecutionContext& context, const std::string& name,
                         std::vector<int64_t> shape,
                         absl::Span<const float> values) {
  TensorView tensor;
  tensor.name = name;
  tensor.dtype = Dtype::kF32;
  tensor.shape = std::move(shape);
  tensor.bytes = absl::string_view(reinterpret_cast<const char*>(values.data()),
                                   values.size() * sizeof(float));
  return context.WriteTensors(name, {tensor}, {});
}

// The features of some rows: made, or the series itself where that is the same.
class FeatureView {
 public:
  static absl::StatusOr<FeatureView> Of(const Rows& rows,
                                        const Scaler& scaler) {
    FeatureView view;
    view.features_ = rows.values;
    view.targets_ = rows.values;
    if (IsIdentity(scaler)) return view;
    SC_ASSIGN_OR_RETURN(view.made_, MakeFeatures(rows, scaler));
    view.features_ = view.made_.features;
    view.targets_ = view.made_.targets;
    return view;
  }

  absl::Span<const float> features() const { return features_; }
  absl::Span<const float> targets() const { return targets_; }

 private:
  Features made_;  // moving it keeps what the spans point to
  absl::Span<const float> features_;
  absl::Span<const float> targets_;
};

// Writes X_<part> and y_<part> from the rows of the series `part`.
absl::Status PreparePart(ExecutionContext& context, const std::string& part,
                         const Rows& rows, const Scaler& scaler) {
  const auto stop = [&context] {
    return context.cancelled() ? absl::CancelledError("cancelled")
                               : absl::OkStatus();
  };
  SC_ASSIGN_OR_RETURN(const FeatureView view, FeatureView::Of(rows, scaler),
                      "input '", part, "'");
  const WindowShape shape = {scaler.lookback, scaler.horizon, scaler.stride,
                             scaler.features()};
  SC_ASSIGN_OR_RETURN(const Windows windows,
                      CutWindows(view.features(), view.targets(), shape, stop),
                      "input '", part, "'");
  const size_t numbers = windows.rows * shape.lookback * shape.features;
  SC_RETURN_IF_ERROR(WriteFloats(
      context, "X_" + part, {windows.rows, shape.lookback, shape.features},
      absl::MakeConstSpan(windows.x.get(), numbers)));
  return WriteFloats(context, "y_" + part, {windows.rows, shape.horizon},
                     windows.y);
}

// Writes X_forecast: the last `lookback` rows as one window.
absl::Status PrepareForecast(ExecutionContext& context, const Inputs& inputs,
                             const Scaler& scaler) {
  const int64_t lookback = scaler.lookback;
  const int64_t length = inputs.forecast.rows();
  if (length < lookback) {
    return absl::FailedPreconditionError(
        absl::StrCat("input 'forecast' has ", length, " values; lookback ",
                     lookback, " needs at least ", lookback));
  }
  Rows rows;
  rows.values = inputs.forecast.values.last(lookback * inputs.forecast.columns);
  if (!inputs.timestamps.empty()) {
    if (static_cast<int64_t>(inputs.timestamps.size()) < lookback) {
      return absl::FailedPreconditionError(
          "input 'timestamps' has fewer rows than a window");
    }
    rows.timestamps = absl::MakeConstSpan(inputs.timestamps).last(lookback);
  }
  SC_ASSIGN_OR_RETURN(const FeatureView view, FeatureView::Of(rows, scaler),
                      "input 'forecast'");
  return WriteFloats(context, "X_forecast", {1, lookback, scaler.features()},
                     view.features());
}

void AddParameters(StageBuilder& builder) {
  builder
      .Parameter(Integer("lookback", "rows in a window")
                     .Default(4)
                     .Minimum(1)
                     .Maximum(kLongest))
      .Parameter(Integer("horizon", "values after a window to forecast")
                     .Default(1)
                     .Minimum(1)
                     .Maximum(kLongest))
      .Parameter(Integer("stride", "rows from one window to the next")
                     .Default(1)
                     .Minimum(1)
                     .Maximum(kLongest))
      .Parameter(
          String("scaling", "how each column is scaled, fitted on train alone")
              .Default("none")
              .Choices({"none", "standard", "minmax"}))
      .Parameter(Boolean("log", "whether to take logarithms before scaling")
                     .Default(false))
      .Parameter(StringList("calendar",
                            "features from the rows' times, each two numbers")
                     .Default({})
                     .Choices({"month", "day_of_year", "day_of_month",
                               "day_of_week", "hour"}))
      .Parameter(
          IntegerOrString("target", "the column to forecast, by name or index")
              .Default(0));
}

}  // namespace

v1::StageDescription PrepareStage::Describe() const {
  StageBuilder builder("prepare", "1.1.0",
                       "Scales series and cuts them into overlapping windows "
                       "and the values that follow them.");
  AddParameters(builder);
  return builder
      .Input("train", v1::ARTIFACT_TYPE_TENSOR, "series to train on, F32 [n,c]")
      .Input("test", v1::ARTIFACT_TYPE_TENSOR, "series to test on, F32 [m,c]")
      .Input("forecast", v1::ARTIFACT_TYPE_TENSOR,
             "last rows, F32 [lookback or more,c]")
      .OptionalInput("timestamps", v1::ARTIFACT_TYPE_TENSOR,
                     "times of all rows, I64 [n+m], seconds since 1970")
      .Output("X_train", v1::ARTIFACT_TYPE_TENSOR,
              "windows, F32 [windows,lookback,features]")
      .Output("y_train", v1::ARTIFACT_TYPE_TENSOR,
              "values after each window, F32 [windows,horizon]")
      .Output("X_test", v1::ARTIFACT_TYPE_TENSOR,
              "windows, F32 [windows,lookback,features]")
      .Output("y_test", v1::ARTIFACT_TYPE_TENSOR,
              "values after each window, F32 [windows,horizon]")
      .Output("X_forecast", v1::ARTIFACT_TYPE_TENSOR,
              "window to forecast from, F32 [1,lookback,features]")
      .Output("scaler", v1::ARTIFACT_TYPE_REPORT,
              "how the series became features, and the way back")
      .Build();
}

absl::Status PrepareStage::Run(ExecutionContext& context) {
  SC_ASSIGN_OR_RETURN(const Inputs inputs, OpenInputs(context));
  SC_ASSIGN_OR_RETURN(const Scaler scaler, MakeScaler(context, inputs));
  Rows train = {inputs.train.values, {}};
  Rows test = {inputs.test.values, {}};
  if (!inputs.timestamps.empty()) {
    const absl::Span<const int64_t> timestamps = inputs.timestamps;
    train.timestamps = timestamps.first(inputs.train.rows());
    test.timestamps = timestamps.last(inputs.test.rows());
  }
  SC_RETURN_IF_ERROR(PreparePart(context, "train", train, scaler));
  v1::Progress progress;
  progress.set_fraction(0.5);
  context.ReportProgress(progress);
  SC_RETURN_IF_ERROR(PreparePart(context, "test", test, scaler));
  SC_RETURN_IF_ERROR(PrepareForecast(context, inputs, scaler));
  return context.WriteOutput("scaler", FormatScaler(scaler));
}

}  // namespace stagecoach
