#include "orchestrator/pipeline/yaml_tree.h"

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "orchestrator/pipeline/source_lines.h"
#include "services/common/artifact/utf8.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/yaml.h"

namespace stagecoach {
namespace {

// What is wrong, and where.
struct YamlProblem {
  int line = 0;
  std::string what;
};

int LineOf(const YAML::Mark& mark) {
  return mark.is_null() ? 0 : mark.line + 1;
}

// Builds the tree from the parser's events. After the first problem events
// mean nothing any more and are passed over.
class TreeBuilder final : public YAML::EventHandler {
 public:
  const YamlProblem* problem() const {
    return problem_.line == 0 ? nullptr : &problem_;
  }
  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) Refuse(mark, "a second document; one is allowed");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    YamlNode node;
    node.line = LineOf(mark);
    Complete(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "aliases (*name) are not allowed; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    CheckTag(mark, tag);
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.line = LineOf(mark);
    node.text = value;
    node.quoted = tag == "!";
    Complete(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t, YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Open(mark, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t, YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Open(mark, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    Refuse(mark, absl::StrCat("anchors (&", name, ") are not allowed"));
  }

 private:
  // A list or map that is not complete yet.
  struct Frame {
    YamlNode node;
    bool has_key = false;  // a map waits for the value of `key`
    std::string key;
    int key_line = 0;
  };

  void Refuse(const YAML::Mark& mark, absl::string_view what) {
    RefuseAt(LineOf(mark), what);
  }
  void RefuseAt(int line, absl::string_view what) {
    if (problem_.line == 0) problem_ = {std::max(line, 1), std::string(what)};
  }
  void CheckTag(const YAML::Mark& mark, const std::string& tag);
  void Open(const YAML::Mark& mark, YamlNode::Kind kind);
  void Close();
  void CheckKeysDiffer(const YamlNode& map);
  void Complete(YamlNode node);
  void TakeKey(Frame& map, YamlNode key);

  YamlNode root_;
  std::vector<Frame> open_;
  YamlProblem problem_;
  int documents_ = 0;
};

// The parser names plain scalars and collections "?" and quoted scalars "!".
void TreeBuilder::CheckTag(const YAML::Mark& mark, const std::string& tag) {
  if (tag.empty() || tag == "?" || tag == "!") return;
  Refuse(mark, absl::StrCat("tags (", tag, ") are not allowed"));
}

void TreeBuilder::Open(const YAML::Mark& mark, YamlNode::Kind kind) {
  if (open_.size() >= kMaxYamlDepth) {
    Refuse(mark, absl::StrCat("nested more than ", kMaxYamlDepth, " deep"));
  }
  if (problem() != nullptr) return;
  Frame& frame = open_.emplace_back();
  frame.node.kind = kind;
  frame.node.line = LineOf(mark);
}

void TreeBuilder::Close() {
  if (problem() != nullptr) return;
  YamlNode node = std::move(open_.back().node);
  open_.pop_back();
  CheckKeysDiffer(node);
  Complete(std::move(node));
}

void TreeBuilder::CheckKeysDiffer(const YamlNode& map) {
  absl::flat_hash_set<absl::string_view> keys;
  for (const YamlField& field : map.fields) {
    if (keys.insert(field.key).second) continue;
    RefuseAt(field.line, absl::StrCat(field.key, ": stands twice in one map"));
  }
}

void TreeBuilder::Complete(YamlNode node) {
  if (problem() != nullptr) return;
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& parent = open_.back();
  if (parent.node.kind == YamlNode::Kind::kList) {
    parent.node.items.push_back(std::move(node));
  } else if (parent.has_key) {
    parent.node.fields.push_back(
        {std::move(parent.key), parent.key_line, std::move(node)});
    parent.has_key = false;
  } else {
    TakeKey(parent, std::move(node));
  }
}

void TreeBuilder::TakeKey(Frame& map, YamlNode key) {
  if (key.kind != YamlNode::Kind::kScalar) {
    RefuseAt(key.line, "a key must be text");
    return;
  }
  map.has_key = true;
  map.key = std::move(key.text);
  map.key_line = key.line;
}

// yaml-cpp throws: this is where its exceptions end.
YamlProblem Parse(absl::string_view yaml, TreeBuilder& builder) {
  std::istringstream stream{std::string(yaml)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    return {std::max(LineOf(error.mark), 1),
            absl::StrCat("is not valid YAML: ", error.msg)};
  } catch (const std::exception& error) {
    return {1, error.what()};
  }
  return builder.problem() == nullptr ? YamlProblem{} : *builder.problem();
}

// Two frequent mistakes that the parser's own words do not tell.
std::string Hint(absl::string_view yaml, int number) {
  const std::vector<absl::string_view> lines = absl::StrSplit(yaml, '\n');
  if (number > static_cast<int>(lines.size())) return "";
  const absl::string_view line = lines[number - 1];
  const absl::string_view indentation =
      line.substr(0, line.find_first_not_of(" \t"));
  if (absl::StrContains(indentation, '\t')) {
    return "; indent with spaces, not tabs";
  }
  return absl::StrContains(line, "${") ? "; within { } write \"${…}\" in quotes"
                                       : "";
}

bool IsControl(char c) {
  return absl::ascii_iscntrl(c) && c != '\t' && c != '\r';
}

// The first line that is not text; 0 if there is none.
int LineOfNonText(absl::string_view yaml) {
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(yaml, '\n')) {
    ++number;
    if (!IsUtf8(line) || std::any_of(line.begin(), line.end(), IsControl)) {
      return number;
    }
  }
  return 0;
}

absl::Status Error(absl::string_view file_name, const YamlProblem& problem) {
  const std::string place = SourceLines(file_name).Describe(problem.line);
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", problem.what));
}

}  // namespace

const YamlField* YamlNode::Find(absl::string_view key) const {
  for (const YamlField& field : fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

absl::StatusOr<YamlNode> ReadYaml(absl::string_view yaml,
                                  absl::string_view file_name) {
  if (yaml.size() > kMaxYamlBytes) {
    return Error(file_name,
                 {1, absl::StrCat("the text has ", yaml.size(),
                                  " bytes; it may have ", kMaxYamlBytes)});
  }
  if (const int line = LineOfNonText(yaml); line != 0) {
    return Error(file_name,
                 {line, "is not UTF-8 text without control characters"});
  }
  TreeBuilder builder;
  YamlProblem problem = Parse(yaml, builder);
  if (problem.line != 0) {
    absl::StrAppend(&problem.what, Hint(yaml, problem.line));
    return Error(file_name, problem);
  }
  YamlNode root = builder.TakeRoot();
  if (root.kind == YamlNode::Kind::kNull) {
    return Error(file_name, {1, "the text is empty"});
  }
  return root;
}

}  // namespace stagecoach
