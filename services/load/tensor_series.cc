#include "services/load/tensor_series.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"
#include "services/common/scaling/column_names.h"
#include "services/load/column_choice.h"
#include "services/load/csv_value.h"

namespace stagecoach {
namespace {

// Rows between two reports of progress.
constexpr int64_t kRowsPerReport = int64_t{1} << 18;

template <typename Element>
double ElementAt(const TensorView& tensor, int64_t index) {
  Element element;
  std::memcpy(&element, tensor.bytes.data() + index * sizeof(Element),
              sizeof(Element));
  return static_cast<double>(element);
}

using Getter = double (*)(const TensorView&, int64_t);

// Null for a type that holds no numbers of a series.
Getter GetterOf(Dtype dtype) {
  switch (dtype) {
    case Dtype::kF32:
      return ElementAt<float>;
    case Dtype::kF64:
      return ElementAt<double>;
    case Dtype::kI64:
      return ElementAt<int64_t>;
    case Dtype::kI32:
      return ElementAt<int32_t>;
    case Dtype::kI16:
      return ElementAt<int16_t>;
    case Dtype::kI8:
      return ElementAt<int8_t>;
    case Dtype::kU8:
      return ElementAt<uint8_t>;
    default:
      return nullptr;
  }
}

std::string Text(const TensorView& tensor) {
  return absl::StrCat("tensor ", QuotedForMessage(tensor.name), " is ",
                      DtypeName(tensor.dtype), " [",
                      absl::StrJoin(tensor.shape, ","), "]");
}

absl::StatusOr<TensorView> FindTensor(absl::Span<const TensorView> tensors,
                                      const std::string& name) {
  std::vector<std::string> names;
  for (const TensorView& tensor : tensors) {
    if (tensor.name == name) return tensor;
    names.push_back(tensor.name);
  }
  if (tensors.empty()) {
    return absl::FailedPreconditionError("the file holds no tensor");
  }
  if (!name.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no tensor ", QuotedForMessage(name),
                     NearestNameHint(name, names)));
  }
  if (tensors.size() == 1) return tensors.front();
  return absl::FailedPreconditionError(
      absl::StrCat("the file holds ", tensors.size(),
                   " tensors; choose one with parameter 'tensor'",
                   NearestNameHint("", names)));
}

absl::Status CheckSeries(const TensorView& tensor) {
  const bool fits = GetterOf(tensor.dtype) != nullptr &&
                    (tensor.shape.size() == 1 || tensor.shape.size() == 2);
  if (!fits) {
    return absl::FailedPreconditionError(absl::StrCat(
        Text(tensor), "; needed are numbers of shape [n] or [n,columns]"));
  }
  for (const int64_t length : tensor.shape) {
    if (length == 0) {
      return absl::FailedPreconditionError(
          absl::StrCat(Text(tensor), "; it holds no values"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<float> ToFloat(double value) {
  if (std::isnan(value)) return std::numeric_limits<float>::quiet_NaN();
  const auto as_float = static_cast<float>(value);
  if (std::isfinite(as_float)) return as_float;
  return absl::FailedPreconditionError(absl::StrCat(
      value, std::isfinite(value) ? " is too large for a 32-bit float"
                                  : " is not a finite number"));
}

absl::StatusOr<std::optional<TensorView>> FindTimestamps(
    absl::Span<const TensorView> tensors, const SeriesOptions& options,
    int64_t rows) {
  if (!options.timestamp_column.has_value()) return std::nullopt;
  const auto* const name = std::get_if<std::string>(&*options.timestamp_column);
  if (name == nullptr) {
    return absl::InvalidArgumentError(
        "parameter 'timestamp_column' must be the name of a tensor, as the "
        "source is one");
  }
  SC_ASSIGN_OR_RETURN(const TensorView tensor, FindTensor(tensors, *name));
  if (tensor.dtype != Dtype::kI64 ||
      tensor.shape != std::vector<int64_t>{rows}) {
    return absl::FailedPreconditionError(
        absl::StrCat(Text(tensor), "; needed are timestamps, I64 [", rows,
                     "], in seconds since 1970"));
  }
  return tensor;
}

absl::StatusOr<std::vector<int64_t>> ChooseColumns(
    const std::vector<std::string>& names, const SeriesOptions& options) {
  std::vector<ColumnSelector> selectors = {options.column};
  if (!options.columns.empty()) {
    selectors = SelectorsOf(options.columns, names);
  }
  return FindColumns(names, selectors);
}

}  // namespace

absl::StatusOr<Series> ReadTensorSeries(absl::Span<const TensorView> tensors,
                                        const SafetensorsMetadata& metadata,
                                        const std::string& name,
                                        const SeriesOptions& options) {
  SC_ASSIGN_OR_RETURN(const TensorView tensor, FindTensor(tensors, name));
  SC_RETURN_IF_ERROR(CheckSeries(tensor));
  const int64_t rows = tensor.shape[0];
  const int64_t width = tensor.shape.size() == 2 ? tensor.shape[1] : 1;
  const std::vector<std::string> names = ColumnNames(metadata, width);
  SC_ASSIGN_OR_RETURN(const std::vector<int64_t> chosen,
                      ChooseColumns(names, options));
  SC_ASSIGN_OR_RETURN(const std::optional<TensorView> timestamps,
                      FindTimestamps(tensors, options, rows));
  std::vector<std::string> columns;
  for (const int64_t column : chosen) columns.push_back(names[column]);

  SeriesBuilder builder(columns, options.missing);
  builder.Reserve(rows, timestamps.has_value());
  const Getter get = GetterOf(tensor.dtype);
  std::vector<float> values(chosen.size());
  for (int64_t row = 0; row < rows; ++row) {
    const RowPosition position = {row + 1, 0};
    for (size_t i = 0; i < chosen.size(); ++i) {
      SC_ASSIGN_OR_RETURN(values[i],
                          ToFloat(get(tensor, row * width + chosen[i])),
                          position.Text(columns[i]));
    }
    std::optional<int64_t> timestamp;
    if (timestamps.has_value()) {
      std::memcpy(&timestamp.emplace(), timestamps->bytes.data() + row * 8, 8);
    }
    SC_RETURN_IF_ERROR(builder.Add(values, timestamp, position));
    if (options.on_progress && (row + 1) % kRowsPerReport == 0) {
      SC_RETURN_IF_ERROR(options.on_progress(
          (row + 1) * static_cast<int64_t>(tensor.bytes.size()) / rows));
    }
  }
  return builder.Finish();
}

}  // namespace stagecoach
