#include "services/load/load_stage.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/common/base/status_macros.h"
#include "services/common/stagekit/stage_builder.h"
#include "services/load/csv_column.h"
#include "services/load/split.h"

namespace stagecoach {
namespace {

constexpr int64_t kLongestLookback = 1'000'000;

ColumnSelector SelectorOf(const v1::ParameterValue& column) {
  if (column.has_integer_value()) return column.integer_value();
  return column.string_value();
}

absl::StatusOr<CsvColumn> ReadColumn(ExecutionContext& context,
                                     const ArtifactReader& source) {
  const auto size = static_cast<double>(source.bytes().size());
  CsvOptions options;
  options.on_progress = [&context, size](int64_t bytes) {
    if (context.cancelled()) return absl::CancelledError("cancelled");
    v1::Progress progress;
    progress.set_fraction(static_cast<double>(bytes) / size);
    context.ReportProgress(progress);
    return absl::OkStatus();
  };
  return ReadCsvColumn(source.bytes(), SelectorOf(context.Parameter("column")),
                       options);
}

absl::Status WriteSeries(ExecutionContext& context, const std::string& name,
                         absl::Span<const float> values,
                         const CsvColumn& column) {
  TensorView tensor;
  tensor.name = name;
  tensor.dtype = Dtype::kF32;
  tensor.shape = {static_cast<int64_t>(values.size()), 1};
  tensor.bytes = absl::string_view(reinterpret_cast<const char*>(values.data()),
                                   values.size() * sizeof(float));
  return context.WriteTensors(name, {tensor}, {{"column", column.name}});
}

}  // namespace

v1::StageDescription LoadStage::Describe() const {
  return StageBuilder("load", "1.0.0",
                      "Reads one column of a CSV file as a series and splits "
                      "it into a training and a test part.")
      .Parameter(IntegerOrString("column",
                                 "the column: its name in the header, or its "
                                 "index from 0, negative from the end")
                     .Default(-1))
      .Parameter(Number("proportion",
                        "part of the values, from the start, to train on")
                     .Default(0.7)
                     .Above(0)
                     .Below(1))
      .Parameter(Integer("lookback",
                         "forecast window: how many of the last values the "
                         "forecast starts from")
                     .Default(4)
                     .Minimum(1)
                     .Maximum(kLongestLookback))
      .Input("source", v1::ARTIFACT_TYPE_TABLE,
             "rows in the order of time, with a header")
      .Output("train", v1::ARTIFACT_TYPE_TENSOR, "first values, F32 [n,1]")
      .Output("test", v1::ARTIFACT_TYPE_TENSOR, "the others, F32 [m,1]")
      .Output("forecast", v1::ARTIFACT_TYPE_TENSOR,
              "last values, F32 [lookback,1]")
      .Build();
}

absl::Status LoadStage::Run(ExecutionContext& context) {
  const int64_t lookback = context.Integer("lookback");
  SC_ASSIGN_OR_RETURN(const ArtifactReader source, context.OpenInput("source"));
  SC_ASSIGN_OR_RETURN(const CsvColumn column, ReadColumn(context, source),
                      "input 'source' (", source.uri(), ")");
  const absl::Span<const float> values = column.values;
  SC_ASSIGN_OR_RETURN(
      const Split split,
      SplitByProportion(values.size(), context.Number("proportion"), lookback),
      "input 'source' (", source.uri(), ")");
  SC_RETURN_IF_ERROR(
      WriteSeries(context, "train", values.first(split.train), column));
  SC_RETURN_IF_ERROR(
      WriteSeries(context, "test", values.last(split.test), column));
  SC_RETURN_IF_ERROR(
      WriteSeries(context, "forecast", values.last(lookback), column));
  context.SetMetric("rows", static_cast<double>(values.size()));
  return absl::OkStatus();
}

}  // namespace stagecoach
