#include "services/load/load_stage.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/common/base/status_macros.h"
#include "services/common/scaling/column_names.h"
#include "services/common/stagekit/stage_builder.h"
#include "services/load/series.h"
#include "services/load/source.h"
#include "services/load/split.h"
#include "services/load/timestamp.h"

namespace stagecoach {
namespace {

constexpr int64_t kLongestLookback = 1'000'000;

ColumnSelector SelectorOf(const v1::ParameterValue& column) {
  if (column.has_integer_value()) return column.integer_value();
  return column.string_value();
}

MissingValues MissingValuesOf(absl::string_view name) {
  if (name == "drop") return MissingValues::kDrop;
  if (name == "forward") return MissingValues::kForward;
  return MissingValues::kError;
}

SourceOptions OptionsOf(const ExecutionContext& context) {
  SourceOptions options;
  options.delimiter = context.String("delimiter");
  options.comment = context.String("comment");
  options.decimal = context.String("decimal") == "comma" ? ',' : '.';
  options.tensor = context.String("tensor");
  SeriesOptions& series = options.series;
  series.columns = context.StringList("columns");
  series.column = SelectorOf(context.Parameter("column"));
  const v1::ParameterValue& timestamps = context.Parameter("timestamp_column");
  if (timestamps.has_integer_value() || !timestamps.string_value().empty()) {
    series.timestamp_column = SelectorOf(timestamps);
  }
  series.timestamp_format = context.String("timestamp_format");
  series.missing = MissingValuesOf(context.String("missing"));
  return options;
}

absl::StatusOr<SplitRule> SplitRuleOf(const ExecutionContext& context) {
  SplitRule rule;
  rule.proportion = context.Number("proportion");
  if (context.Integer("test_rows") > 0) {
    rule.test_rows = context.Integer("test_rows");
  }
  const std::string& date = context.String("split_date");
  if (date.empty()) return rule;
  if (rule.test_rows.has_value()) {
    return absl::InvalidArgumentError(
        "parameters 'test_rows' and 'split_date' both say where the test part "
        "starts; set one of them");
  }
  SC_ASSIGN_OR_RETURN(TimestampParser parser, TimestampParser::Create("auto"));
  const absl::StatusOr<int64_t> time = parser.Parse(date);
  if (!time.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("parameter 'split_date': ", time.status().message()));
  }
  rule.date = *time;
  return rule;
}

absl::StatusOr<Series> ReadSeries(ExecutionContext& context,
                                  const ArtifactReader& source) {
  const auto size = static_cast<double>(source.bytes().size());
  SourceOptions options = OptionsOf(context);
  options.series.on_progress = [&context, size](int64_t bytes) {
    if (context.cancelled()) return absl::CancelledError("cancelled");
    v1::Progress progress;
    progress.set_fraction(static_cast<double>(bytes) / size);
    context.ReportProgress(progress);
    return absl::OkStatus();
  };
  return ReadSource(source, options);
}

TensorView ViewOf(const std::string& name, Dtype dtype,
                  std::vector<int64_t> shape, const void* data) {
  TensorView tensor;
  tensor.name = name;
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  int64_t bytes = DtypeSize(dtype);
  for (const int64_t length : tensor.shape) bytes *= length;
  tensor.bytes = absl::string_view(static_cast<const char*>(data), bytes);
  return tensor;
}

// Writes the rows from `begin` up to `end` of the series as output `name`.
absl::Status WriteRows(ExecutionContext& context, const std::string& name,
                       const Series& series, int64_t begin, int64_t end) {
  const auto width = static_cast<int64_t>(series.columns.size());
  SafetensorsMetadata metadata = {{kColumnsKey, ColumnsText(series.columns)}};
  if (width == 1) metadata["column"] = series.columns.front();
  return context.WriteTensors(name,
                              {ViewOf(name, Dtype::kF32, {end - begin, width},
                                      series.values.data() + begin * width)},
                              metadata);
}

absl::Status WriteTimestamps(ExecutionContext& context, const Series& series) {
  if (series.timestamps.empty()) return absl::OkStatus();
  return context.WriteTensors(
      "timestamps",
      {ViewOf("timestamps", Dtype::kI64, {series.rows()},
              series.timestamps.data())},
      {});
}

void AddColumnParameters(StageBuilder& builder) {
  builder
      .Parameter(IntegerOrString("column",
                                 "the column: its name in the header, or its "
                                 "index from 0, negative from the end")
                     .Default(-1))
      .Parameter(StringList("columns",
                            "several columns, by name or index; if not empty, "
                            "'column' is not used")
                     .Default({}))
      .Parameter(IntegerOrString("timestamp_column",
                                 "column of the rows' times, by name or index; "
                                 "empty for none")
                     .Default(""))
      .Parameter(String("timestamp_format",
                        "how times are written: auto, unix, unix_ms, or as of "
                        "strptime, e.g. %d/%m/%Y")
                     .Default("auto"))
      .Parameter(String("missing",
                        "what to do about a missing value: end with an error, "
                        "drop the row, or carry the value before forward")
                     .Default("error")
                     .Choices({"error", "drop", "forward"}));
}

void AddFormatParameters(StageBuilder& builder) {
  builder
      .Parameter(String("delimiter",
                        "between two fields: auto (one of , ; tab |), tab, or "
                        "a character")
                     .Default("auto"))
      .Parameter(String("decimal", "what stands before the fraction")
                     .Default("point")
                     .Choices({"point", "comma"}))
      .Parameter(String("comment",
                        "lines that start with this character are passed over; "
                        "empty for none")
                     .Default(""))
      .Parameter(
          String("tensor", "of a source with several tensors, the one to take")
              .Default(""));
}

void AddSplitParameters(StageBuilder& builder) {
  builder
      .Parameter(Number("proportion",
                        "part of the values, from the start, to train on")
                     .Default(0.7)
                     .Above(0)
                     .Below(1))
      .Parameter(Integer("test_rows",
                         "rows at the end to test on; 0 to split by proportion")
                     .Default(0)
                     .Minimum(0))
      .Parameter(String("split_date",
                        "time of the first row to test on, e.g. 1958-01; empty "
                        "to split by rows or proportion")
                     .Default(""))
      .Parameter(Integer("lookback",
                         "forecast window: how many of the last values the "
                         "forecast starts from")
                     .Default(4)
                     .Minimum(1)
                     .Maximum(kLongestLookback));
}

}  // namespace

v1::StageDescription LoadStage::Describe() const {
  StageBuilder builder("load", "1.1.0",
                       "Reads columns of a table, or a tensor, as a series and "
                       "splits it into a training and a test part.");
  AddColumnParameters(builder);
  AddFormatParameters(builder);
  AddSplitParameters(builder);
  return builder
      .Input("source", v1::ARTIFACT_TYPE_FILE,
             "rows in the order of time: CSV with a header, plain or gzip, or "
             "a tensor [n] or [n,c] as .safetensors or .pt")
      .Output("train", v1::ARTIFACT_TYPE_TENSOR, "first rows, F32 [n,c]")
      .Output("test", v1::ARTIFACT_TYPE_TENSOR, "the others, F32 [m,c]")
      .Output("forecast", v1::ARTIFACT_TYPE_TENSOR,
              "last rows, F32 [lookback,c]")
      .OptionalOutput("timestamps", v1::ARTIFACT_TYPE_TENSOR,
                      "times of all rows, I64 [n+m], seconds since 1970")
      .Build();
}

absl::Status LoadStage::Run(ExecutionContext& context) {
  const int64_t lookback = context.Integer("lookback");
  SC_ASSIGN_OR_RETURN(const SplitRule rule, SplitRuleOf(context));
  SC_ASSIGN_OR_RETURN(const ArtifactReader source, context.OpenInput("source"));
  SC_ASSIGN_OR_RETURN(const Series series, ReadSeries(context, source),
                      "input 'source' (", source.uri(), ")");
  SC_ASSIGN_OR_RETURN(const Split split, SplitSeries(series, rule, lookback),
                      "input 'source' (", source.uri(), ")");
  const int64_t rows = series.rows();
  SC_RETURN_IF_ERROR(WriteRows(context, "train", series, 0, split.train));
  SC_RETURN_IF_ERROR(WriteRows(context, "test", series, split.train, rows));
  SC_RETURN_IF_ERROR(
      WriteRows(context, "forecast", series, rows - lookback, rows));
  SC_RETURN_IF_ERROR(WriteTimestamps(context, series));
  context.SetMetric("rows", static_cast<double>(rows));
  context.SetMetric("dropped_rows", static_cast<double>(series.dropped_rows));
  context.SetMetric("filled_values", static_cast<double>(series.filled_values));
  return absl::OkStatus();
}

}  // namespace stagecoach
