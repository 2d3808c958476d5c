// Where the fields of a pipeline stand in the file that it was read from.

#ifndef ORCHESTRATOR_PIPELINE_SOURCE_LINES_H_
#define ORCHESTRATOR_PIPELINE_SOURCE_LINES_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Lines by field path, as messages name it: `spec.steps.train.parameters.seed`
// (elements of a list go by their name). An empty object knows of no file: it
// is what a pipeline that came as a message has.
class SourceLines {
 public:
  SourceLines() = default;
  explicit SourceLines(absl::string_view file) : file_(file) {}

  // Remembers that `field` stands in `line`, from 1; the first call counts.
  void Add(absl::string_view field, int line);

  // The line of `field`, or of the nearest field around it that is known, or
  // 0.
  int Line(absl::string_view field) const;

  // `FILE:LINE`, or what is known of it.
  std::string Describe(int line) const;

 private:
  std::string file_;
  absl::flat_hash_map<std::string, int> lines_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_SOURCE_LINES_H_
