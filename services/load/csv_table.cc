#include "services/load/csv_table.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/common/artifact/utf8.h"
#include "services/common/base/status_macros.h"
#include "services/load/column_choice.h"
#include "services/load/csv_scanner.h"
#include "services/load/csv_value.h"
#include "services/load/timestamp.h"

namespace stagecoach {
namespace {

constexpr int64_t kProgressStep = int64_t{1} << 20;
// Records after which their mean length foretells how many there are.
constexpr int64_t kRecordsBeforeEstimate = 1024;
constexpr double kReserveMargin = 1.02;

// What is taken from each record.
struct Choice {
  std::vector<std::string> columns;
  bool has_timestamp = false;
  std::string timestamp_column;

  // The indexes of all fields that are wanted, ascending.
  std::vector<int64_t> wanted;
  // Which of `wanted` each column is, and the timestamp.
  std::vector<size_t> places;
  size_t timestamp_place = 0;
};

size_t PlaceOf(const std::vector<int64_t>& sorted, int64_t index) {
  return std::lower_bound(sorted.begin(), sorted.end(), index) - sorted.begin();
}

absl::Status CheckNames(absl::Span<const std::string> names,
                        const std::vector<int64_t>& indexes,
                        absl::Span<const ColumnSelector> selectors) {
  for (size_t i = 0; i < indexes.size(); ++i) {
    const std::string& name = names[indexes[i]];
    if (!IsUtf8(name)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the name of column ", indexes[i], ", ", QuotedForMessage(name),
          ", is not UTF-8; save the file as UTF-8"));
    }
    if (std::holds_alternative<int64_t>(selectors[i]) && IsCsvNumber(name)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the first line calls column ", indexes[i], " ",
          QuotedForMessage(name),
          ", which is a number; is the header missing? Add one, or choose the "
          "column by that name"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Choice> Choose(absl::Span<const std::string> names,
                              const SeriesOptions& options) {
  std::vector<ColumnSelector> selectors = {options.column};
  if (!options.columns.empty()) {
    selectors = SelectorsOf(options.columns, names);
  }
  SC_ASSIGN_OR_RETURN(const std::vector<int64_t> indexes,
                      FindColumns(names, selectors));
  SC_RETURN_IF_ERROR(CheckNames(names, indexes, selectors));
  Choice choice;
  for (const int64_t index : indexes) {
    const std::string& name = names[index];
    if (std::find(choice.columns.begin(), choice.columns.end(), name) !=
        choice.columns.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "several of the chosen columns are called ", QuotedForMessage(name)));
    }
    choice.columns.push_back(name);
  }
  choice.wanted = indexes;
  int64_t timestamp = 0;
  if (options.timestamp_column.has_value()) {
    SC_ASSIGN_OR_RETURN(timestamp, FindColumn(names, *options.timestamp_column),
                        "parameter 'timestamp_column'");
    if (std::find(indexes.begin(), indexes.end(), timestamp) != indexes.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("column ", QuotedForMessage(names[timestamp]),
                       " is chosen both for its values and as the timestamps"));
    }
    choice.has_timestamp = true;
    choice.timestamp_column = names[timestamp];
    choice.wanted.push_back(timestamp);
  }
  std::sort(choice.wanted.begin(), choice.wanted.end());
  for (const int64_t index : indexes) {
    choice.places.push_back(PlaceOf(choice.wanted, index));
  }
  choice.timestamp_place = PlaceOf(choice.wanted, timestamp);
  return choice;
}

class CsvReader {
 public:
  CsvReader(ByteStream& stream, const CsvDialect& dialect,
            const SeriesOptions& options)
      : stream_(stream),
        dialect_(dialect),
        options_(options),
        scanner_(stream.part(), dialect.delimiter, stream.at_end()) {}

  absl::StatusOr<Series> Read();

 private:
  // Gets more of the file at hand.
  absl::Status Refill();
  // Passes over what is no record. False: there is nothing else.
  absl::StatusOr<bool> AtRecord();
  // Reads the next record whole, however many parts it takes.
  template <typename Visitor>
  absl::StatusOr<int64_t> NextRecord(Visitor&& visit);

  absl::Status ReadHeader();
  absl::Status ReadRow(SeriesBuilder& builder);
  absl::StatusOr<float> ParseValue(size_t slot) const;
  absl::StatusOr<std::optional<int64_t>> ParseTime(TimestampParser& parser);
  absl::Status Report();
  void Reserve(SeriesBuilder& builder) const;

  absl::Status Ragged(int64_t count) const;
  RowPosition Position() const { return {rows_, scanner_.line()}; }

  ByteStream& stream_;
  const CsvDialect dialect_;
  const SeriesOptions& options_;
  CsvScanner scanner_;

  std::vector<std::string> names_;
  Choice choice_;
  std::optional<TimestampParser> timestamps_;
  std::vector<absl::string_view> texts_;  // of the record, as choice_.wanted
  std::vector<float> row_;
  int64_t rows_ = 0;
  int64_t next_report_ = kProgressStep;
};

absl::Status CsvReader::Refill() {
  SC_RETURN_IF_ERROR(stream_.Next(scanner_.unread().size()), "line ",
                     scanner_.next_line());
  scanner_.Continue(stream_.part(), stream_.at_end());
  return absl::OkStatus();
}

absl::StatusOr<bool> CsvReader::AtRecord() {
  const bool skips_empty_lines = names_.size() != 1;
  while (true) {
    if (scanner_.OnlyBlanksLeft()) {
      if (scanner_.last()) return false;
      SC_RETURN_IF_ERROR(Refill());
      continue;
    }
    const bool comment =
        dialect_.comment != '\0' && scanner_.NextIs(dialect_.comment);
    if (!comment && !(skips_empty_lines && scanner_.AtEmptyLine())) {
      return true;
    }
    if (!scanner_.SkipLine()) SC_RETURN_IF_ERROR(Refill());
  }
}

template <typename Visitor>
absl::StatusOr<int64_t> CsvReader::NextRecord(Visitor&& visit) {
  while (true) {
    SC_ASSIGN_OR_RETURN(const int64_t count, scanner_.NextRecord(visit));
    if (count > 0) return count;
    SC_RETURN_IF_ERROR(Refill());
  }
}

absl::Status CsvReader::ReadHeader() {
  SC_ASSIGN_OR_RETURN(const bool found, AtRecord());
  if (!found) {
    return absl::FailedPreconditionError(
        "the file is empty; a header and at least one row are needed");
  }
  std::vector<std::string> names;
  bool has_cr = false;
  const auto visit = [&](int64_t index, const CsvField& field) {
    names.resize(index);
    names.emplace_back(absl::StripAsciiWhitespace(field.Value()));
    has_cr |= !field.quoted && absl::StrContains(names.back(), '\r');
  };
  SC_RETURN_IF_ERROR(NextRecord(visit).status());
  if (has_cr) {
    return absl::FailedPreconditionError(
        "the lines end with CR alone; save the file with LF or CRLF");
  }
  names_ = std::move(names);
  return absl::OkStatus();
}

absl::Status CsvReader::Ragged(int64_t count) const {
  const bool comment = absl::StartsWith(names_.front(), "#");
  return absl::FailedPreconditionError(absl::StrCat(
      "line ", scanner_.line(), " has ", count,
      count == 1 ? " field" : " fields", ", but ", names_.size(),
      " are expected, as in the header",
      comment ? "; the header starts with #: if it is a comment, set parameter "
                "'comment' to #"
              : ""));
}

absl::StatusOr<float> CsvReader::ParseValue(size_t slot) const {
  absl::StatusOr<float> value =
      ParseCsvValue(texts_[choice_.places[slot]], dialect_.decimal);
  if (value.ok()) return value;
  return WithContext(value.status(), Position().Text(choice_.columns[slot]));
}

absl::StatusOr<std::optional<int64_t>> CsvReader::ParseTime(
    TimestampParser& parser) {
  const absl::StatusOr<int64_t> time =
      parser.Parse(texts_[choice_.timestamp_place]);
  if (time.ok()) return *time;
  return WithContext(time.status(), Position().Text(choice_.timestamp_column));
}

absl::Status CsvReader::ReadRow(SeriesBuilder& builder) {
  int64_t count =
      scanner_.NextPlainRecord(choice_.wanted, absl::MakeSpan(texts_));
  if (count == 0) {
    size_t next = 0;
    const auto visit = [&](int64_t index, const CsvField& field) {
      if (index == 0) next = 0;
      if (next < choice_.wanted.size() && index == choice_.wanted[next]) {
        texts_[next++] = field.text;
      }
    };
    SC_ASSIGN_OR_RETURN(count, NextRecord(visit));
  }
  ++rows_;
  if (count != static_cast<int64_t>(names_.size())) return Ragged(count);
  for (size_t slot = 0; slot < row_.size(); ++slot) {
    SC_ASSIGN_OR_RETURN(row_[slot], ParseValue(slot));
  }
  std::optional<int64_t> timestamp;
  if (timestamps_.has_value()) {
    SC_ASSIGN_OR_RETURN(timestamp, ParseTime(*timestamps_));
  }
  return builder.Add(row_, timestamp, Position());
}

absl::Status CsvReader::Report() {
  if (!options_.on_progress) return absl::OkStatus();
  const int64_t position = stream_.position(scanner_.unread().size());
  if (position < next_report_) return absl::OkStatus();
  next_report_ = position + kProgressStep;
  return options_.on_progress(position);
}

// One allocation instead of many that double.
void CsvReader::Reserve(SeriesBuilder& builder) const {
  const auto read =
      static_cast<double>(stream_.part().size() - scanner_.unread().size());
  const double estimate = static_cast<double>(rows_) / read *
                          static_cast<double>(stream_.part().size());
  builder.Reserve(static_cast<size_t>(estimate * kReserveMargin),
                  choice_.has_timestamp);
}

absl::StatusOr<Series> CsvReader::Read() {
  SC_RETURN_IF_ERROR(ReadHeader());
  SC_ASSIGN_OR_RETURN(choice_, Choose(names_, options_));
  if (choice_.has_timestamp) {
    SC_ASSIGN_OR_RETURN(timestamps_,
                        TimestampParser::Create(options_.timestamp_format));
  }
  SeriesBuilder builder(choice_.columns, options_.missing);
  texts_.resize(choice_.wanted.size());
  row_.resize(choice_.columns.size());
  while (true) {
    SC_ASSIGN_OR_RETURN(const bool found, AtRecord());
    if (!found) break;
    SC_RETURN_IF_ERROR(ReadRow(builder));
    SC_RETURN_IF_ERROR(Report());
    if (rows_ == kRecordsBeforeEstimate) Reserve(builder);
  }
  if (rows_ == 0) {
    return absl::FailedPreconditionError(
        "there is only a header; at least one row is needed");
  }
  return builder.Finish();
}

}  // namespace

absl::StatusOr<Series> ReadCsvSeries(ByteStream& stream,
                                     const CsvDialect& dialect,
                                     const SeriesOptions& options) {
  return CsvReader(stream, dialect, options).Read();
}

}  // namespace stagecoach
