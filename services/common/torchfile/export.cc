#include "services/common/torchfile/export.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"
#include "services/common/scaling/column_names.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kFormatNames[] = {"safetensors", "pt", "npy",
                                              "csv"};

// As NumPy calls the type; empty if it has none.
absl::string_view NumpyType(Dtype dtype) {
  switch (dtype) {
    case Dtype::kBool:
      return "|b1";
    case Dtype::kU8:
      return "|u1";
    case Dtype::kI8:
      return "|i1";
    case Dtype::kI16:
      return "<i2";
    case Dtype::kI32:
      return "<i4";
    case Dtype::kI64:
      return "<i8";
    case Dtype::kF16:
      return "<f2";
    case Dtype::kF32:
      return "<f4";
    case Dtype::kF64:
      return "<f8";
    case Dtype::kBF16:
      return "";
  }
  return "";
}

template <typename Number>
Number ElementAt(absl::string_view bytes, int64_t index) {
  Number number;
  std::memcpy(&number, bytes.data() + index * sizeof(number), sizeof(number));
  return number;
}

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = half >> 10 & 0x1fu;
  const uint32_t fraction = half & 0x3ffu;
  if (exponent == 0) {  // 0 and subnormal
    const float magnitude = static_cast<float>(fraction) / (1 << 24);
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t bits =
      sign | (exponent == 31 ? 255u : exponent + 112u) << 23 | fraction << 13;
  return ElementAt<float>(
      absl::string_view(reinterpret_cast<const char*>(&bits), sizeof(bits)), 0);
}

template <typename Number>
void AppendNumber(Number number, std::string& text) {
  std::array<char, 32> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number);
  text.append(digits.data(), end.ptr);
}

void AppendElement(const TensorView& tensor, int64_t index, std::string& text) {
  const absl::string_view bytes = tensor.bytes;
  switch (tensor.dtype) {
    case Dtype::kBool:
      text += bytes[index] != 0 ? "true" : "false";
      return;
    case Dtype::kU8:
      return AppendNumber(ElementAt<uint8_t>(bytes, index), text);
    case Dtype::kI8:
      return AppendNumber(ElementAt<int8_t>(bytes, index), text);
    case Dtype::kI16:
      return AppendNumber(ElementAt<int16_t>(bytes, index), text);
    case Dtype::kI32:
      return AppendNumber(ElementAt<int32_t>(bytes, index), text);
    case Dtype::kI64:
      return AppendNumber(ElementAt<int64_t>(bytes, index), text);
    case Dtype::kF16:
      return AppendNumber(HalfToFloat(ElementAt<uint16_t>(bytes, index)), text);
    case Dtype::kBF16: {
      const uint32_t bits = uint32_t{ElementAt<uint16_t>(bytes, index)} << 16;
      float number;
      std::memcpy(&number, &bits, sizeof(number));
      return AppendNumber(number, text);
    }
    case Dtype::kF32:
      return AppendNumber(ElementAt<float>(bytes, index), text);
    case Dtype::kF64:
      return AppendNumber(ElementAt<double>(bytes, index), text);
  }
}

// A field of CSV, in quotes where it needs them.
std::string Field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

int64_t CountOf(absl::Span<const int64_t> shape) {
  int64_t count = 1;
  for (const int64_t length : shape) count *= length;
  return count;
}

// Numbers in a line of CSV.
int64_t WidthOf(const TensorView& tensor) {
  if (tensor.shape.empty()) return 1;
  return CountOf(absl::MakeConstSpan(tensor.shape).subspan(1));
}

absl::StatusOr<std::string> BytesOf(const TensorView& tensor,
                                    const SafetensorsMetadata& metadata,
                                    TensorFormat format) {
  if (format == TensorFormat::kNpy) return NpyBytes(tensor);
  const int64_t width = WidthOf(tensor);
  std::vector<std::string> columns = ColumnNames(metadata, width);
  // The name says more than the index of the only column.
  if (width == 1 && metadata.find(kColumnsKey) == metadata.end()) {
    columns = {tensor.name};
  }
  return CsvBytes(tensor, columns);
}

}  // namespace

absl::string_view TensorFormatName(TensorFormat format) {
  return kFormatNames[static_cast<size_t>(format)];
}

absl::StatusOr<TensorFormat> ParseTensorFormat(absl::string_view name) {
  std::vector<std::string> known;
  for (size_t i = 0; i < std::size(kFormatNames); ++i) {
    if (name == kFormatNames[i]) return static_cast<TensorFormat>(i);
    known.emplace_back(kFormatNames[i]);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown format of tensors '", name, "'", NearestNameHint(name, known)));
}

absl::StatusOr<std::vector<ExportedFile>> ExportTensors(
    absl::Span<const TensorView> tensors, const SafetensorsMetadata& metadata,
    TensorFormat format, TorchForm form) {
  std::vector<ExportedFile> files;
  if (format == TensorFormat::kSafetensors) {
    SC_ASSIGN_OR_RETURN(std::string bytes,
                        SafetensorsHeader(tensors, metadata));
    for (const TensorView& tensor : tensors) {
      absl::StrAppend(&bytes, tensor.bytes);
    }
    files.push_back({"", std::move(bytes)});
    return files;
  }
  if (format == TensorFormat::kPt) {
    if (tensors.size() != 1) form = TorchForm::kStateDict;
    SC_ASSIGN_OR_RETURN(std::string bytes, TorchFileBytes(tensors, form));
    files.push_back({"", std::move(bytes)});
    return files;
  }
  for (const TensorView& tensor : tensors) {
    SC_ASSIGN_OR_RETURN(std::string bytes, BytesOf(tensor, metadata, format),
                        "tensor '", tensor.name, "'");
    files.push_back({tensors.size() == 1 ? "" : tensor.name, std::move(bytes)});
  }
  return files;
}

absl::StatusOr<std::string> NpyBytes(const TensorView& tensor) {
  const absl::string_view type = NumpyType(tensor.dtype);
  if (type.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("NumPy has no type ", DtypeName(tensor.dtype)));
  }
  // A tuple of one is written with a comma.
  std::string shape = absl::StrJoin(tensor.shape, ", ");
  if (tensor.shape.size() == 1) shape += ",";
  std::string header =
      absl::StrCat("{'descr': '", type, "', 'fortran_order': False, 'shape': (",
                   shape, "), }");
  // Magic, version and length take 10 bytes; the data is aligned to 64.
  const size_t length = (10 + header.size() + 1 + 63) / 64 * 64 - 10;
  header.resize(length - 1, ' ');
  header += '\n';
  const char size[2] = {static_cast<char>(length & 0xff),
                        static_cast<char>(length >> 8)};
  return absl::StrCat(absl::string_view("\x93NUMPY\x01\x00", 8),
                      absl::string_view(size, 2), header, tensor.bytes);
}

std::string CsvBytes(const TensorView& tensor,
                     absl::Span<const std::string> columns) {
  const int64_t width = WidthOf(tensor);
  const int64_t rows = tensor.shape.empty() ? 1 : tensor.shape[0];
  const bool named = static_cast<int64_t>(columns.size()) == width;
  std::string text;
  for (int64_t i = 0; i < width; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",",
                    named ? Field(columns[i]) : absl::StrCat(i));
  }
  text += "\n";
  for (int64_t row = 0; width > 0 && row < rows; ++row) {
    for (int64_t i = 0; i < width; ++i) {
      if (i > 0) text += ',';
      AppendElement(tensor, row * width + i, text);
    }
    text += '\n';
  }
  return text;
}

}  // namespace stagecoach
