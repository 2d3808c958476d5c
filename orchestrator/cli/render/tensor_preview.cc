#include "orchestrator/cli/render/tensor_preview.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

constexpr int64_t kElementsOnALine = 8;
constexpr int kRowsOfATensor = 6;
constexpr size_t kTensorsOnALine = 3;

template <typename T>
T ReadAt(absl::string_view bytes, int64_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

double FromHalf(uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1F;
  const int fraction = bits & 0x3FF;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  if (exponent == 31) {
    return fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                         : sign * std::numeric_limits<double>::infinity();
  }
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

int64_t ElementCount(const TensorView& tensor) {
  return static_cast<int64_t>(tensor.bytes.size()) / DtypeSize(tensor.dtype);
}

std::string ShapeText(const TensorView& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.shape, ", "), "]");
}

// Whole numbers are told in full: seconds since 1970 say nothing rounded.
std::string ElementText(const TensorView& tensor, int64_t index) {
  if (tensor.dtype == Dtype::kI64) {
    return absl::StrCat(ReadAt<int64_t>(tensor.bytes, index));
  }
  if (tensor.dtype == Dtype::kI32) {
    return absl::StrCat(ReadAt<int32_t>(tensor.bytes, index));
  }
  return NumberText(TensorElement(tensor, index));
}

std::string FormatRange(const TensorView& tensor, int64_t first, int64_t count,
                        int64_t most) {
  std::vector<std::string> parts;
  const int64_t head = count <= most ? count : (most + 1) / 2;
  const int64_t tail = count <= most ? count : count - (most - head);
  for (int64_t i = 0; i < count; ++i) {
    if (i == head && i < tail) {
      parts.push_back("…");
      i = tail;
    }
    parts.push_back(ElementText(tensor, first + i));
  }
  return absl::StrJoin(parts, " ");
}

void AddTensorRow(const TensorView& tensor, Table& table) {
  double smallest = std::numeric_limits<double>::infinity();
  double largest = -smallest;
  double sum = 0;
  const int64_t count = ElementCount(tensor);
  for (int64_t i = 0; i < count; ++i) {
    const double value = TensorElement(tensor, i);
    smallest = std::min(smallest, value);
    largest = std::max(largest, value);
    sum += value;
  }
  const auto number = [count](double value) {
    return Span{count == 0 ? "-" : NumberText(value)};
  };
  table.AddRow({{Printable(tensor.name)},
                {std::string(DtypeName(tensor.dtype))},
                {ShapeText(tensor)},
                number(smallest),
                number(sum / static_cast<double>(count)),
                number(largest)});
}

// Elements in a row as shown: the last dimension that is longer than 1.
int64_t RowLength(const TensorView& tensor) {
  for (auto length = tensor.shape.rbegin(); length != tensor.shape.rend();
       ++length) {
    if (*length > 1) {
      const bool only = ElementCount(tensor) == *length;
      return only ? std::min(*length, kElementsOnALine) : *length;
    }
  }
  return 1;
}

// The tensor's first and last rows, the index of their first element before.
std::string TensorRows(const TensorView& tensor, const Layout& layout) {
  const int64_t length = RowLength(tensor);
  const int64_t count = ElementCount(tensor);
  const int64_t rows = (count + length - 1) / length;
  const int64_t head = rows <= kRowsOfATensor ? rows : kRowsOfATensor / 2;
  const int64_t tail = rows <= kRowsOfATensor ? rows : rows - head;
  Table table({{"", Align::kRight}, {"", Align::kLeft, Overflow::kCut}}, 2);
  for (int64_t row = 0; row < rows; ++row) {
    if (row == head && row < tail) {
      table.AddRow({{"", Tone::kFaint}, {"…", Tone::kFaint}});
      row = tail;
    }
    const int64_t first = row * length;
    table.AddRow({{absl::StrCat(row), Tone::kFaint},
                  {FormatRange(tensor, first, std::min(length, count - first),
                               kElementsOnALine)}});
  }
  return table.Render(layout);
}

}  // namespace

double TensorElement(const TensorView& tensor, int64_t index) {
  switch (tensor.dtype) {
    case Dtype::kBool:
    case Dtype::kU8:
      return ReadAt<uint8_t>(tensor.bytes, index);
    case Dtype::kI8:
      return ReadAt<int8_t>(tensor.bytes, index);
    case Dtype::kI16:
      return ReadAt<int16_t>(tensor.bytes, index);
    case Dtype::kI32:
      return ReadAt<int32_t>(tensor.bytes, index);
    case Dtype::kI64:
      return static_cast<double>(ReadAt<int64_t>(tensor.bytes, index));
    case Dtype::kF16:
      return FromHalf(ReadAt<uint16_t>(tensor.bytes, index));
    case Dtype::kBF16:
      return std::bit_cast<float>(
          uint32_t{ReadAt<uint16_t>(tensor.bytes, index)} << 16);
    case Dtype::kF32:
      return ReadAt<float>(tensor.bytes, index);
    case Dtype::kF64:
      return ReadAt<double>(tensor.bytes, index);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

std::string ElementsText(const TensorView& tensor, int64_t most) {
  return FormatRange(tensor, 0, ElementCount(tensor), most);
}

std::string TensorsLine(const SafetensorsView& view) {
  if (view.tensors().size() == 1) {
    return ElementsText(view.tensors().front(), kElementsOnALine);
  }
  std::vector<std::string> names;
  for (const TensorView& tensor : view.tensors()) {
    if (names.size() == kTensorsOnALine) {
      names.push_back("…");
      break;
    }
    names.push_back(absl::StrCat(tensor.name, " ", ShapeText(tensor)));
  }
  return Printable(absl::StrJoin(names, ", "));
}

std::string TensorsPage(const SafetensorsView& view, int most_lines,
                        const Layout& layout) {
  Table table({{"TENSOR", Align::kLeft, Overflow::kCut},
               {"TYPE"},
               {"SHAPE"},
               {"MIN", Align::kRight},
               {"MEAN", Align::kRight},
               {"MAX", Align::kRight}});
  for (const TensorView& tensor : view.tensors()) AddTensorRow(tensor, table);
  std::string page = table.Render(layout);
  int lines = static_cast<int>(view.tensors().size()) + 1;
  for (const TensorView& tensor : view.tensors()) {
    if (lines > most_lines) break;
    absl::StrAppend(&page, "\n", Printable(tensor.name), "\n",
                    TensorRows(tensor, layout));
    lines += kRowsOfATensor + 2;
  }
  if (!view.metadata().empty()) {
    Table metadata({{""}, {"", Align::kLeft, Overflow::kWrap}}, 2);
    for (const auto& [name, value] : view.metadata()) {
      metadata.AddRow({{Printable(name)}, {Printable(value)}});
    }
    absl::StrAppend(&page, "\nmetadata\n", metadata.Render(layout));
  }
  return page;
}

}  // namespace stagecoach
