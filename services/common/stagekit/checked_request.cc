#include "services/common/stagekit/checked_request.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/description.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

absl::Status CheckUri(const std::string& text, const VolumeMap& volumes) {
  SC_ASSIGN_OR_RETURN(const ArtifactUri uri, ArtifactUri::Parse(text));
  return FindVolume(volumes, uri.volume()).status();
}

absl::Status CheckUris(const CheckedRequest& request,
                       const VolumeMap& volumes) {
  SC_RETURN_IF_ERROR(CheckUri(request.output_prefix, volumes), "output_prefix");
  if (!request.checkpoint_prefix.empty()) {
    SC_RETURN_IF_ERROR(CheckUri(request.checkpoint_prefix, volumes),
                       "checkpoint_prefix");
  }
  if (!request.log_uri.empty()) {
    SC_RETURN_IF_ERROR(CheckUri(request.log_uri, volumes), "log_uri");
  }
  for (const auto& [name, artifact] : request.inputs) {
    SC_RETURN_IF_ERROR(CheckUri(artifact.uri(), volumes), "input '", name, "'");
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> CheckTimeout(const v1::ExecuteRequest& request) {
  if (!request.has_timeout()) return absl::InfiniteDuration();
  const absl::Duration timeout = FromProtoDuration(request.timeout());
  if (timeout > absl::ZeroDuration()) return timeout;
  return absl::OutOfRangeError(
      absl::StrCat("timeout is ", absl::FormatDuration(timeout),
                   "; it must be greater than 0, or not set"));
}

}  // namespace

absl::StatusOr<CheckedRequest> CheckRequest(
    const v1::ExecuteRequest& request, const v1::StageDescription& description,
    const VolumeMap& volumes) {
  CheckedRequest checked;
  SC_ASSIGN_OR_RETURN(checked.id, ParseExecutionId(request.execution_id()));
  if (request.lease_epoch() < 0) {
    return absl::OutOfRangeError(absl::StrCat(
        "lease_epoch is ", request.lease_epoch(), "; it must be at least 0"));
  }
  checked.lease_epoch = request.lease_epoch();
  SC_ASSIGN_OR_RETURN(
      checked.parameters,
      ResolveParameters(description.parameters(), request.parameters(),
                        absl::StrCat("stage '", description.name(), "'")));
  SC_RETURN_IF_ERROR(CheckInputs(description, request.inputs()));
  checked.inputs.insert(request.inputs().begin(), request.inputs().end());
  checked.output_prefix = request.output_prefix();
  checked.checkpoint_prefix = request.checkpoint_prefix();
  checked.log_uri = request.log_uri();
  SC_RETURN_IF_ERROR(CheckUris(checked, volumes));
  SC_ASSIGN_OR_RETURN(checked.timeout, CheckTimeout(request));
  return checked;
}

}  // namespace stagecoach
