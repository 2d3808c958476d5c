#include "services/common/artifact/uri.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/artifact/utf8.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr absl::string_view kScheme = "pvc://";
constexpr absl::string_view kForm = "pvc://<volume>/<path>";
constexpr size_t kMaxVolumeLength = 63;
constexpr size_t kMaxShown = 120;

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", PrintableText(text, kMaxShown), "\"");
}

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// What is wrong with one segment of a path, or nothing.
absl::string_view SegmentFault(absl::string_view segment) {
  if (segment.empty()) return "has an empty segment";
  if (segment == "." || segment == "..") {
    return "has the segment \".\" or \"..\"";
  }
  if (segment.size() > kMaxSegmentLength) {
    return "has a segment of more than 255 bytes";
  }
  if (std::any_of(segment.begin(), segment.end(), IsControl)) {
    return "has a control character";
  }
  return "";
}

}  // namespace

absl::Status CheckVolumeName(absl::string_view name) {
  const bool ok = !name.empty() && name.size() <= kMaxVolumeLength &&
                  IsLowerOrDigit(name.front()) &&
                  std::all_of(name.begin(), name.end(), [](char c) {
                    return IsLowerOrDigit(c) || c == '-';
                  });
  if (ok) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "volume name ", Quoted(name),
      " is malformed; it is 1 to 63 lower-case letters, digits and \"-\", and "
      "does not begin with \"-\""));
}

absl::Status CheckRelativePath(absl::string_view path) {
  const auto refuse = [path](absl::string_view fault) {
    return absl::InvalidArgumentError(absl::StrCat(
        "path ", Quoted(path), " ", fault,
        "; a path is relative to its volume, like \"runs/a/train.csv\""));
  };
  if (path.empty()) return refuse("is empty");
  if (path.size() > kMaxUriLength) return refuse("is over 2048 bytes long");
  if (path.front() == '/') return refuse("is absolute");
  if (!IsUtf8(path)) return refuse("is not UTF-8");
  for (absl::string_view segment : absl::StrSplit(path, '/')) {
    const absl::string_view fault = SegmentFault(segment);
    if (!fault.empty()) return refuse(fault);
  }
  return absl::OkStatus();
}

absl::StatusOr<ArtifactUri> ArtifactUri::Parse(absl::string_view text) {
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, kScheme)) {
    return absl::InvalidArgumentError(
        absl::StrCat("URI ", Quoted(text), " does not begin with \"", kScheme,
                     "\"; the form is ", kForm));
  }
  const size_t slash = rest.find('/');
  if (slash == absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "URI ", Quoted(text), " has no path; the form is ", kForm));
  }
  SC_ASSIGN_OR_RETURN(ArtifactUri uri,
                      Make(rest.substr(0, slash), rest.substr(slash + 1)),
                      "URI ", Quoted(text));
  return uri;
}

absl::StatusOr<ArtifactUri> ArtifactUri::Make(absl::string_view volume,
                                              absl::string_view path) {
  SC_RETURN_IF_ERROR(CheckVolumeName(volume));
  SC_RETURN_IF_ERROR(CheckRelativePath(path));
  ArtifactUri uri((std::string(volume)), std::string(path));
  const size_t length = uri.ToString().size();
  if (length > kMaxUriLength) {
    return absl::InvalidArgumentError(
        absl::StrCat("URI is ", length, " bytes long; at most ", kMaxUriLength,
                     " are allowed"));
  }
  return uri;
}

std::string ArtifactUri::ToString() const {
  return absl::StrCat(kScheme, volume_, "/", path_);
}

absl::StatusOr<ArtifactUri> ArtifactUri::Join(
    absl::string_view relative) const {
  SC_RETURN_IF_ERROR(CheckRelativePath(relative), ToString());
  return Make(volume_, JoinPath(path_, relative));
}

absl::string_view ParentPath(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? absl::string_view()
                                          : path.substr(0, slash);
}

absl::string_view LastSegment(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? path : path.substr(slash + 1);
}

std::string JoinPath(absl::string_view parent, absl::string_view name) {
  if (parent.empty()) return std::string(name);
  return absl::StrCat(parent, "/", name);
}

}  // namespace stagecoach
