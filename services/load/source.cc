#include "services/load/source.h"

#include <cstdint>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/base/status_macros.h"
#include "services/common/torchfile/torch_file.h"
#include "services/load/byte_stream.h"
#include "services/load/csv_dialect.h"
#include "services/load/csv_table.h"
#include "services/load/csv_value.h"
#include "services/load/tensor_series.h"

namespace stagecoach {
namespace {

// Bytes read between two times that what is behind is dropped from memory.
constexpr int64_t kDropStep = int64_t{32} << 20;

struct Foreign {
  absl::string_view magic;
  absl::string_view what;
};

constexpr Foreign kForeign[] = {
    {"PAR1", "a Parquet file"},
    {"ARROW1", "an Arrow file"},
    {"\x89HDF", "an HDF5 file"},
    {"\x93NUMPY", "a NumPy file"},
    {"\xD0\xCF\x11\xE0", "an old Excel file"},
    {"BZh", "packed with bzip2"},
    {"\xFD"
     "7zXZ",
     "packed with xz"},
    {"\x28\xB5\x2F\xFD", "packed with zstd"},
    {"\xFF\xFE", "UTF-16 text"},
    {"\xFE\xFF", "UTF-16 text"},
};

absl::Status CheckFormatIsRead(absl::string_view bytes) {
  for (const Foreign& each : kForeign) {
    if (!absl::StartsWith(bytes, each.magic)) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the file is ", each.what,
                     "; it must be CSV in UTF-8, plain or packed with gzip, or "
                     "tensors (.safetensors, .pt)"));
  }
  return absl::OkStatus();
}

// Text cannot start with a length of which seven bytes are zero or so.
bool IsSafetensors(absl::string_view bytes) {
  return bytes.size() > 9 && bytes[8] == '{' &&
         bytes.substr(4, 4) == absl::string_view("\0\0\0\0", 4);
}

absl::StatusOr<CsvDialect> FindDialect(const SourceOptions& options,
                                       absl::string_view first_bytes) {
  CsvDialect dialect;
  dialect.decimal = options.decimal;
  if (options.comment.size() > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "parameter 'comment' is ", QuotedForMessage(options.comment),
        "; it must be one character, or empty"));
  }
  if (!options.comment.empty()) dialect.comment = options.comment[0];
  if (options.delimiter == "auto") {
    dialect.delimiter = FindDelimiter(first_bytes, dialect.comment);
  } else {
    SC_ASSIGN_OR_RETURN(dialect.delimiter, ParseDelimiter(options.delimiter));
  }
  if (dialect.delimiter == dialect.decimal) {
    return absl::InvalidArgumentError(
        "a comma cannot stand both between the fields and before the fraction; "
        "set parameter 'delimiter' or 'decimal'");
  }
  return dialect;
}

absl::StatusOr<Series> ReadCsv(const ArtifactReader& source,
                               const SourceOptions& options) {
  const std::unique_ptr<ByteStream> stream = IsGzip(source.bytes())
                                                 ? UnpackGzip(source.bytes())
                                                 : StreamOf(source.bytes());
  SC_RETURN_IF_ERROR(stream->Next(0));
  SC_ASSIGN_OR_RETURN(const CsvDialect dialect,
                      FindDialect(options, stream->part()));
  SeriesOptions series = options.series;
  int64_t next_drop = kDropStep;
  series.on_progress = [&](int64_t position) {
    if (position >= next_drop) {
      source.DropBefore(position);
      next_drop = position + kDropStep;
    }
    return options.series.on_progress ? options.series.on_progress(position)
                                      : absl::OkStatus();
  };
  return ReadCsvSeries(*stream, dialect, series);
}

}  // namespace

absl::StatusOr<Series> ReadSource(const ArtifactReader& source,
                                  const SourceOptions& options) {
  if (IsSafetensors(source.bytes())) {
    SC_ASSIGN_OR_RETURN(const SafetensorsView file,
                        SafetensorsView::Parse(source));
    return ReadTensorSeries(file.tensors(), file.metadata(), options.tensor,
                            options.series);
  }
  if (LooksLikeTorchFile(source.bytes())) {
    SC_ASSIGN_OR_RETURN(const TorchFile file, ReadTorchFile(source.bytes()));
    return ReadTensorSeries(file.tensors, file.metadata, options.tensor,
                            options.series);
  }
  SC_RETURN_IF_ERROR(CheckFormatIsRead(source.bytes()));
  return ReadCsv(source, options);
}

}  // namespace stagecoach
