#include "services/common/torchfile/zip_archive.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

absl::Status Failed(absl::string_view what, zip_error_t& error) {
  absl::Status status = absl::FailedPreconditionError(
      absl::StrCat(what, ": ", zip_error_strerror(&error)));
  zip_error_fini(&error);
  return status;
}

struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
struct FreeSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Source = std::unique_ptr<zip_source_t, FreeSource>;

absl::Status NoMemory() {
  return absl::ResourceExhaustedError("no memory for the archive");
}

// Reads back what has been written to `source`.
absl::StatusOr<std::string> Content(zip_source_t* source) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_source_stat(source, &stat) != 0 ||
      (stat.valid & ZIP_STAT_SIZE) == 0 || zip_source_open(source) != 0) {
    return NoMemory();
  }
  std::string bytes(stat.size, '\0');
  const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (got != static_cast<zip_int64_t>(bytes.size())) return NoMemory();
  return bytes;
}

// A fixed time, so that equal tensors make equal files: 1980-01-01, the first
// that ZIP knows.
constexpr zip_uint16_t kDosTime = 0;
constexpr zip_uint16_t kDosDate = 0x21;

bool Add(zip_t* archive, const ZipMember& member) {
  zip_source_t* const source = zip_source_buffer(
      archive, member.bytes.data(), member.bytes.size(), /*freep=*/0);
  if (source == nullptr) return false;
  const zip_int64_t index =
      zip_file_add(archive, member.name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return false;
  }
  return zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) == 0 &&
         zip_file_set_dostime(archive, index, kDosTime, kDosDate, 0) == 0;
}

}  // namespace

absl::StatusOr<ZipReader> ZipReader::Open(absl::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const source =
      zip_source_buffer_create(bytes.data(), bytes.size(), /*freep=*/0, &error);
  if (source == nullptr) return Failed("the ZIP archive", error);
  ZipReader reader;
  reader.bytes_ = bytes;
  reader.archive_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
  if (reader.archive_ == nullptr) {
    zip_source_free(source);
    return Failed("the ZIP archive is damaged or cut off", error);
  }
  zip_error_fini(&error);
  return reader;
}

std::vector<std::string> ZipReader::Names() const {
  std::vector<std::string> names;
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* const name = zip_get_name(archive_.get(), i, ZIP_FL_ENC_RAW);
    if (name != nullptr) names.emplace_back(name);
  }
  return names;
}

absl::StatusOr<ZipReader::Member> ZipReader::Read(
    const std::string& name) const {
  const auto wrong = [&name](absl::string_view why) {
    return absl::FailedPreconditionError(
        absl::StrCat("member ", name, " ", why));
  };
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_stat(archive_.get(), name.c_str(), ZIP_FL_ENC_RAW, &stat) != 0) {
    return wrong("is missing");
  }
  // Stored members cannot be longer than the archive, so that nobody can ask
  // for more memory than they sent.
  if (stat.comp_method != ZIP_CM_STORE || stat.size > bytes_.size()) {
    return wrong("is compressed, which PyTorch's files are not");
  }
  const std::unique_ptr<zip_file_t, CloseFile> file(
      zip_fopen_index(archive_.get(), stat.index, 0));
  if (file == nullptr) return wrong("cannot be read");
  Member member = {std::shared_ptr<char[]>(new char[stat.size]), stat.size};
  const zip_int64_t got =
      zip_fread(file.get(), member.bytes.get(), member.size);
  // The check sum is verified when the end is met.
  char beyond;
  if (got != static_cast<zip_int64_t>(member.size) ||
      zip_fread(file.get(), &beyond, 1) != 0) {
    return wrong("is damaged");
  }
  return member;
}

absl::StatusOr<std::string> WriteZip(const std::vector<ZipMember>& members) {
  zip_error_t error;
  zip_error_init(&error);
  const Source source(zip_source_buffer_create(nullptr, 0, 0, &error));
  if (source == nullptr) return Failed("the ZIP archive", error);
  // Closing the archive lets go of one reference; the other reads it.
  zip_source_keep(source.get());
  zip_t* const archive =
      zip_open_from_source(source.get(), ZIP_TRUNCATE, &error);
  if (archive == nullptr) {
    zip_source_free(source.get());
    return Failed("the ZIP archive", error);
  }
  zip_error_fini(&error);
  for (const ZipMember& member : members) {
    if (!Add(archive, member)) {
      zip_discard(archive);
      return NoMemory();
    }
  }
  if (zip_close(archive) != 0) {
    zip_discard(archive);
    return NoMemory();
  }
  return Content(source.get());
}

}  // namespace stagecoach
