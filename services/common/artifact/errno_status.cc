#include "services/common/artifact/errno_status.h"

#include <string.h>

#include <cerrno>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

using absl::StatusCode;

struct Meaning {
  int number;
  StatusCode code;
  // What happened and what would help.
  absl::string_view text;
};

constexpr absl::string_view kLeadsOut =
    "a symbolic link leads out of the volume; use a path within it";
constexpr absl::string_view kNoPermission =
    "permission denied; make it accessible to the user of this process";
constexpr absl::string_view kDoesNotAnswer = "the volume does not answer";

constexpr Meaning kMeanings[] = {
    {ENOENT, StatusCode::kNotFound, "there is no such file or directory"},
    {EEXIST, StatusCode::kAlreadyExists, "the name is taken"},
    {ENOTEMPTY, StatusCode::kAlreadyExists, "the directory is not empty"},
    {EXDEV, StatusCode::kInvalidArgument, kLeadsOut},
    {ELOOP, StatusCode::kInvalidArgument, kLeadsOut},
    {ENAMETOOLONG, StatusCode::kInvalidArgument, "the name is too long"},
    {EACCES, StatusCode::kFailedPrecondition, kNoPermission},
    {EPERM, StatusCode::kFailedPrecondition, kNoPermission},
    {EROFS, StatusCode::kFailedPrecondition, "the volume is read-only"},
    {EISDIR, StatusCode::kFailedPrecondition,
     "it is a directory; a file is needed"},
    {ENOTDIR, StatusCode::kFailedPrecondition,
     "it, or a part of its path, is not a directory"},
    {ENOSPC, StatusCode::kResourceExhausted, "the volume is full"},
    {EDQUOT, StatusCode::kResourceExhausted, "the quota is used up"},
    {EFBIG, StatusCode::kResourceExhausted,
     "the file is longer than the volume allows"},
    {EMLINK, StatusCode::kResourceExhausted, "the directory is full"},
    {EMFILE, StatusCode::kResourceExhausted,
     "this process has too many open files"},
    {ENFILE, StatusCode::kResourceExhausted,
     "this machine has too many open files"},
    {ENOMEM, StatusCode::kResourceExhausted, "out of memory"},
    {EIO, StatusCode::kUnavailable, "input/output error"},
    {ESTALE, StatusCode::kUnavailable, "stale file handle"},
    {ENODEV, StatusCode::kUnavailable, kDoesNotAnswer},
    {ENXIO, StatusCode::kUnavailable, kDoesNotAnswer},
    {ETIMEDOUT, StatusCode::kUnavailable, kDoesNotAnswer},
    {EHOSTDOWN, StatusCode::kUnavailable, kDoesNotAnswer},
    {EHOSTUNREACH, StatusCode::kUnavailable, kDoesNotAnswer},
    {ENOTCONN, StatusCode::kUnavailable, kDoesNotAnswer},
    {ECONNABORTED, StatusCode::kUnavailable, kDoesNotAnswer},
    {EAGAIN, StatusCode::kUnavailable, "the volume is busy"},
    {EBUSY, StatusCode::kUnavailable, "the volume is busy"},
};

Meaning MeaningOf(int number) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.number == number) return meaning;
  }
  return {number, StatusCode::kInternal, "unexpected error of the system"};
}

}  // namespace

absl::Status ErrnoStatus(int number, absl::string_view what) {
  const Meaning meaning = MeaningOf(number);
  const char* known = strerrorname_np(number);
  const std::string name =
      known != nullptr ? known : absl::StrCat("error ", number);
  absl::Status status(meaning.code,
                      absl::StrCat(what, ": ", meaning.text, " (", name, ")"));
  status.SetPayload(kErrnoPayload, absl::Cord(name));
  return status;
}

std::string ErrnoName(const absl::Status& status) {
  const absl::optional<absl::Cord> name = status.GetPayload(kErrnoPayload);
  return name.has_value() ? std::string(*name) : std::string();
}

}  // namespace stagecoach
