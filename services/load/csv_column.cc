#include "services/load/csv_column.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"
#include "services/load/csv_scanner.h"
#include "services/load/csv_value.h"

namespace stagecoach {
namespace {

constexpr size_t kProgressStep = size_t{1} << 20;
// Records after which their mean length foretells how many there are.
constexpr size_t kRecordsBeforeEstimate = 1024;
constexpr double kReserveMargin = 1.02;
constexpr size_t kMostColumnsShown = 20;

absl::StatusOr<std::vector<std::string>> ReadHeader(CsvScanner& scanner) {
  if (scanner.OnlyBlanksLeft()) {
    return absl::FailedPreconditionError(
        "the file is empty; a header and at least one row are needed");
  }
  std::vector<std::string> names;
  SC_RETURN_IF_ERROR(scanner
                         .NextRecord([&names](int64_t, const CsvField& field) {
                           names.emplace_back(
                               absl::StripAsciiWhitespace(field.Value()));
                         })
                         .status());
  return names;
}

absl::StatusOr<int64_t> FindByIndex(absl::Span<const std::string> names,
                                    int64_t index) {
  const auto count = static_cast<int64_t>(names.size());
  const int64_t from_start = index < 0 ? index + count : index;
  if (from_start >= 0 && from_start < count) return from_start;
  return absl::OutOfRangeError(
      absl::StrCat("column ", index, " does not exist: the file has ", count,
                   " columns, 0 to ", count - 1, " or -1 to ", -count));
}

// `; the file has "Month", "Passengers"; did you mean "Passengers"?`
std::string ColumnsHint(absl::Span<const std::string> names,
                        const std::string& wanted) {
  std::vector<std::string> shown;
  for (const std::string& name : names.subspan(0, kMostColumnsShown)) {
    shown.push_back(QuotedForMessage(name));
  }
  if (shown.size() < names.size()) shown.push_back("…");
  std::string hint =
      absl::StrCat("; the file has ", absl::StrJoin(shown, ", "));
  if (const auto nearest = NearestName(wanted, names)) {
    absl::StrAppend(&hint, "; did you mean ", QuotedForMessage(*nearest), "?");
  }
  return hint;
}

absl::StatusOr<int64_t> FindByName(absl::Span<const std::string> names,
                                   const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("column ", QuotedForMessage(name), " does not exist",
                     ColumnsHint(names, name)));
  }
  if (std::find(found + 1, names.end(), name) != names.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("several columns are called ", QuotedForMessage(name),
                     "; choose one by its index"));
  }
  return found - names.begin();
}

absl::StatusOr<int64_t> FindColumn(absl::Span<const std::string> names,
                                   const ColumnSelector& selector) {
  if (const auto* index = std::get_if<int64_t>(&selector)) {
    return FindByIndex(names, *index);
  }
  return FindByName(names, std::get<std::string>(selector));
}

// Reads what follows the header.
class RecordReader {
 public:
  RecordReader(CsvScanner& scanner, int64_t fields, int64_t wanted, size_t size)
      : scanner_(scanner), fields_(fields), wanted_(wanted), size_(size) {}

  // Appends the wanted field of the next record to `column`.
  absl::Status Next(CsvColumn& column) {
    if (scanner_.AtEmptyLine()) {
      return absl::FailedPreconditionError(
          absl::StrCat("line ", scanner_.next_line(), " is empty; remove it"));
    }
    absl::string_view text;
    SC_ASSIGN_OR_RETURN(
        const int64_t count,
        scanner_.NextRecord([&](int64_t index, const CsvField& field) {
          if (index == wanted_) text = field.text;
        }));
    if (count != fields_) return Ragged(count);
    absl::StatusOr<float> value = ParseCsvValue(text);
    if (!value.ok()) return AtField(value.status(), column.name);
    column.values.push_back(*value);
    if (column.values.size() == kRecordsBeforeEstimate) Reserve(column);
    return absl::OkStatus();
  }

 private:
  absl::Status Ragged(int64_t count) const {
    return absl::FailedPreconditionError(
        absl::StrCat("line ", scanner_.line(), " has ", count,
                     count == 1 ? " field" : " fields", ", but ", fields_,
                     " are expected, as in the header"));
  }

  absl::Status AtField(const absl::Status& error,
                       const std::string& name) const {
    return WithContext(error, "line ", scanner_.line(), ", column ",
                       QuotedForMessage(name));
  }

  // One allocation instead of many that double.
  void Reserve(CsvColumn& column) const {
    const double records_per_byte =
        static_cast<double>(column.values.size()) / scanner_.position();
    column.values.reserve(
        static_cast<size_t>(records_per_byte * size_ * kReserveMargin));
  }

  CsvScanner& scanner_;
  const int64_t fields_;
  const int64_t wanted_;
  const size_t size_;
};

}  // namespace

absl::StatusOr<CsvColumn> ReadCsvColumn(absl::string_view bytes,
                                        const ColumnSelector& selector,
                                        const CsvOptions& options) {
  CsvScanner scanner(bytes, options.delimiter);
  SC_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                      ReadHeader(scanner));
  SC_ASSIGN_OR_RETURN(const int64_t wanted, FindColumn(names, selector));

  CsvColumn column;
  column.name = names[wanted];
  RecordReader reader(scanner, names.size(), wanted, bytes.size());
  size_t next_report = kProgressStep;
  while (!scanner.OnlyBlanksLeft()) {
    SC_RETURN_IF_ERROR(reader.Next(column));
    if (options.on_progress && scanner.position() >= next_report) {
      SC_RETURN_IF_ERROR(options.on_progress(scanner.position()));
      next_report = scanner.position() + kProgressStep;
    }
  }
  if (column.values.empty()) {
    return absl::FailedPreconditionError(
        "there is only a header; at least one row is needed");
  }
  return column;
}

}  // namespace stagecoach
