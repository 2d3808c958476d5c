// YAML as a tree of plain data that remembers its lines.
//
// Of YAML 1.2 this takes what a specification needs: maps with text keys,
// lists and scalars. Anchors, aliases and tags are refused, and so are several
// documents in one text and a key that stands twice in a map.

#ifndef ORCHESTRATOR_PIPELINE_YAML_TREE_H_
#define ORCHESTRATOR_PIPELINE_YAML_TREE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

inline constexpr size_t kMaxYamlBytes = 1024 * 1024;
inline constexpr size_t kMaxYamlDepth = 16;

struct YamlField;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  // The field called `key`; null if there is none.
  const YamlField* Find(absl::string_view key) const;

  Kind kind = Kind::kNull;
  int line = 0;                   // from 1
  std::string text;               // of a scalar
  bool quoted = false;            // a scalar in quotes or a block scalar
  std::vector<YamlNode> items;    // of a list
  std::vector<YamlField> fields;  // of a map, in the order of the text
};

struct YamlField {
  std::string key;
  int line = 0;  // of the key
  YamlNode value;
};

// INVALID_ARGUMENT: `FILE:LINE: what is wrong`, the first problem only: what
// follows a mistake in the syntax cannot be told.
absl::StatusOr<YamlNode> ReadYaml(absl::string_view yaml,
                                  absl::string_view file_name);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_YAML_TREE_H_
