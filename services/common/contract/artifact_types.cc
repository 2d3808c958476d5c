#include "services/common/contract/artifact_types.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/nearest_name.h"

namespace stagecoach {
namespace {

struct TypeRow {
  v1::ArtifactType type;
  absl::string_view name;
  absl::string_view extension;
};

constexpr TypeRow kTypes[] = {
    {v1::ARTIFACT_TYPE_TENSOR, "tensor", ".safetensors"},
    {v1::ARTIFACT_TYPE_WEIGHTS, "weights", ".safetensors"},
    {v1::ARTIFACT_TYPE_TABLE, "table", ".csv"},
    {v1::ARTIFACT_TYPE_REPORT, "report", ".json"},
    {v1::ARTIFACT_TYPE_TEXT, "text", ".txt"},
    {v1::ARTIFACT_TYPE_FILE, "file", ""},
};

const TypeRow* FindRow(v1::ArtifactType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

}  // namespace

absl::string_view ArtifactTypeName(v1::ArtifactType type) {
  const TypeRow* row = FindRow(type);
  return row == nullptr ? "unspecified" : row->name;
}

absl::string_view ArtifactExtension(v1::ArtifactType type) {
  const TypeRow* row = FindRow(type);
  return row == nullptr ? "" : row->extension;
}

v1::ArtifactType ArtifactTypeOfFile(absl::string_view file_name) {
  for (const TypeRow& row : kTypes) {
    if (absl::EndsWith(file_name, row.extension)) return row.type;
  }
  return v1::ARTIFACT_TYPE_FILE;
}

bool HoldsTensors(v1::ArtifactType type) {
  return type == v1::ARTIFACT_TYPE_TENSOR || type == v1::ARTIFACT_TYPE_WEIGHTS;
}

bool TakesType(v1::ArtifactType wanted, v1::ArtifactType given) {
  if (wanted == v1::ARTIFACT_TYPE_FILE) return FindRow(given) != nullptr;
  return wanted == given;
}

absl::StatusOr<v1::ArtifactType> ParseArtifactType(absl::string_view name) {
  std::vector<std::string> known;
  for (const TypeRow& row : kTypes) {
    if (absl::EqualsIgnoreCase(name, row.name)) return row.type;
    known.emplace_back(row.name);
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown artifact type '",
                                                 absl::CHexEscape(name), "'",
                                                 NearestNameHint(name, known)));
}

}  // namespace stagecoach
