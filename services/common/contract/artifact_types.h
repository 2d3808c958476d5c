// What each type of artifact is called and how its files are named.

#ifndef SERVICES_COMMON_CONTRACT_ARTIFACT_TYPES_H_
#define SERVICES_COMMON_CONTRACT_ARTIFACT_TYPES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stagecoach/v1/artifact.pb.h"

namespace stagecoach {

// `tensor`, `weights`, `table`, `report`, `text`, `file`; `unspecified` for
// anything else.
absl::string_view ArtifactTypeName(v1::ArtifactType type);

// The extension of its files with the dot, e.g. `.safetensors`; empty for
// `file`, which no stage writes, and for what is no type.
absl::string_view ArtifactExtension(v1::ArtifactType type);

// What a file of that name holds by its extension: TENSOR for `.safetensors`,
// FILE for one that none of the types has.
v1::ArtifactType ArtifactTypeOfFile(absl::string_view file_name);

// Whether its files are safetensors.
bool HoldsTensors(v1::ArtifactType type);

// Whether an input of type `wanted` takes an artifact of type `given`: one of
// its own type, or any if `file` is wanted.
bool TakesType(v1::ArtifactType wanted, v1::ArtifactType given);

// The type called `name`, in any case. INVALID_ARGUMENT with the nearest name.
absl::StatusOr<v1::ArtifactType> ParseArtifactType(absl::string_view name);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_CONTRACT_ARTIFACT_TYPES_H_
