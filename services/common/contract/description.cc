#include "services/common/contract/description.h"

#include <set>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/names.h"
#include "services/common/contract/parameters.h"

namespace stagecoach {
namespace {

std::string StageText(const v1::StageDescription& description) {
  return absl::StrCat("stage '", description.name(), "'");
}

// InputSpec and OutputSpec have the same fields.
template <typename Specs>
absl::Status ValidateArtifactSpecs(const Specs& specs, absl::string_view kind,
                                   absl::string_view stage) {
  for (const auto& spec : specs) {
    SC_RETURN_IF_ERROR(CheckFieldName(
        absl::StrCat("name of an ", kind, " of ", stage), spec.name()));
    // FILE takes every type that there is.
    if (!TakesType(v1::ARTIFACT_TYPE_FILE, spec.type())) {
      return absl::InvalidArgumentError(absl::StrCat(
          kind, " '", spec.name(), "' of ", stage, " has no artifact type"));
    }
    if (kind == "output" && ArtifactExtension(spec.type()).empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          kind, " '", spec.name(), "' of ", stage, " is a ",
          ArtifactTypeName(spec.type()),
          ", which only an input may be; it must say what it holds"));
    }
  }
  return absl::OkStatus();
}

template <typename Specs>
absl::Status CheckUnique(const Specs& specs, absl::string_view kind,
                         absl::string_view stage) {
  std::set<std::string> seen;
  for (const auto& spec : specs) {
    if (!seen.insert(spec.name()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(stage, " has the ", kind, " '", spec.name(), "' twice"));
    }
  }
  return absl::OkStatus();
}

template <typename Specs>
auto FindByName(const Specs& specs, absl::string_view name)
    -> decltype(&*specs.begin()) {
  for (const auto& spec : specs) {
    if (spec.name() == name) return &spec;
  }
  return nullptr;
}

absl::Status CheckInput(const v1::InputSpec& spec, const v1::Artifact& given,
                        absl::string_view stage) {
  const std::string input =
      absl::StrCat("input '", spec.name(), "' of ", stage);
  if (given.uri().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(input, " has no uri; it must be pvc://<volume>/<path>"));
  }
  if (!TakesType(spec.type(), given.type())) {
    return absl::InvalidArgumentError(
        absl::StrCat(input, ", ", given.uri(), ", is of type ",
                     ArtifactTypeName(given.type()), "; it must be of type ",
                     ArtifactTypeName(spec.type())));
  }
  if (!given.sha256().empty() && !IsSha256Hex(given.sha256())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sha256 of ", input, " is '",
        absl::CHexEscape(absl::string_view(given.sha256()).substr(0, 80)),
        "'; it must be empty or 64 lower-case hexadecimal digits"));
  }
  if (given.size_bytes() < 0) {
    return absl::InvalidArgumentError(absl::StrCat("size_bytes of ", input,
                                                   " is ", given.size_bytes(),
                                                   "; it must be at least 0"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateDescription(const v1::StageDescription& description) {
  SC_RETURN_IF_ERROR(CheckLowerCaseName("name of stage", description.name()));
  const std::string stage = StageText(description);
  if (description.version().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(stage, " has no version"));
  }
  for (const v1::ParameterSpec& spec : description.parameters()) {
    SC_RETURN_IF_ERROR(ValidateParameterSpec(spec, stage));
  }
  SC_RETURN_IF_ERROR(CheckUnique(description.parameters(), "parameter", stage));
  SC_RETURN_IF_ERROR(
      ValidateArtifactSpecs(description.inputs(), "input", stage));
  SC_RETURN_IF_ERROR(CheckUnique(description.inputs(), "input", stage));
  SC_RETURN_IF_ERROR(
      ValidateArtifactSpecs(description.outputs(), "output", stage));
  return CheckUnique(description.outputs(), "output", stage);
}

const v1::InputSpec* FindInput(const v1::StageDescription& description,
                               absl::string_view name) {
  return FindByName(description.inputs(), name);
}

const v1::OutputSpec* FindOutput(const v1::StageDescription& description,
                                 absl::string_view name) {
  return FindByName(description.outputs(), name);
}

absl::Status CheckInputs(
    const v1::StageDescription& description,
    const google::protobuf::Map<std::string, v1::Artifact>& given) {
  const std::string stage = StageText(description);
  std::set<std::string> names;
  for (const auto& [name, artifact] : given) names.insert(name);
  std::vector<std::string> known;
  for (const v1::InputSpec& spec : description.inputs()) {
    known.push_back(spec.name());
  }
  for (const std::string& name : names) {
    if (FindInput(description, name) != nullptr) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(stage, " has no input '", absl::CHexEscape(name), "'",
                     NearestNameHint(name, known)));
  }
  for (const v1::InputSpec& spec : description.inputs()) {
    const auto found = given.find(spec.name());
    if (found != given.end()) {
      SC_RETURN_IF_ERROR(CheckInput(spec, found->second, stage));
    } else if (!spec.optional()) {
      return absl::InvalidArgumentError(absl::StrCat(
          stage, " needs input '", spec.name(), "', a ",
          ArtifactTypeName(spec.type()), ", and it was not given"));
    }
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
