// Takes typed values out of a YAML tree; what does not fit becomes a problem.

#ifndef ORCHESTRATOR_PIPELINE_YAML_FIELDS_H_
#define ORCHESTRATOR_PIPELINE_YAML_FIELDS_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orchestrator/pipeline/problems.h"
#include "orchestrator/pipeline/source_lines.h"
#include "orchestrator/pipeline/yaml_tree.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// One map of the tree, at `path` in the messages.
//
// Ownership: everything handed in must outlive this.
class YamlMap {
 public:
  // Reports a `node` that is no map; the map is empty then.
  YamlMap(const YamlNode& node, absl::string_view path, SourceLines& lines,
          Problems& problems);

  // Reports every key that is not one of `known`.
  void CheckKeys(std::initializer_list<absl::string_view> known);

  // Each sets `value` from field `key`. A field that is missing or of another
  // type leaves `value` as it is; the latter is reported.
  void Text(absl::string_view key, std::string& value);
  void Boolean(absl::string_view key, bool& value);
  // Returns whether the field is there and is what it should be.
  bool Number(absl::string_view key, double& value);
  bool Integer(absl::string_view key, int64_t& value);
  bool Duration(absl::string_view key, absl::Duration& value);
  bool PositiveDuration(absl::string_view key, absl::Duration& value);

  // Like Text, but reports a missing or empty one.
  void RequiredText(absl::string_view key, std::string& value);

  // Calls `each` for every item of list `key`.
  void List(absl::string_view key,
            absl::FunctionRef<void(const YamlNode& item)> each);

  // Calls `read` for every field of map `key`; what it returns that is not OK
  // is reported of that field.
  void Fields(absl::string_view key,
              absl::FunctionRef<absl::Status(const YamlField& field)> read);

  // The field's value; null if there is none.
  const YamlNode* Get(absl::string_view key) const;

  // `node`, which is the value of field `key`, as a map in this one.
  YamlMap Child(absl::string_view key, const YamlNode& node);

  void AddProblem(absl::string_view key, absl::string_view what);
  std::string PathOf(absl::string_view key) const;
  const std::string& path() const { return path_; }
  bool is_map() const { return node_ != nullptr; }

 private:
  const YamlNode* Scalar(absl::string_view key, absl::string_view wanted);
  bool Value(absl::string_view key, absl::string_view wanted,
             v1::ParameterValue& value);

  const YamlNode* node_;  // null: no map
  const std::string path_;
  SourceLines& lines_;
  Problems& problems_;
};

// The value of a scalar by the core schema of YAML 1.2: a plain `4` is whole,
// `0.7` a number, `true` a truth value, everything else and everything quoted
// is text. No kind is set if a whole number does not fit into 64 bits.
v1::ParameterValue ScalarValue(const YamlNode& scalar);

// What a node is, for messages: `a list`, `a map`, `nothing`, `"text"`.
std::string DescribeNode(const YamlNode& node);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_YAML_FIELDS_H_
