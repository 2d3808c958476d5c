// Collects what is wrong with a pipeline, so that all of it is told at once.

#ifndef ORCHESTRATOR_PIPELINE_PROBLEMS_H_
#define ORCHESTRATOR_PIPELINE_PROBLEMS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "orchestrator/pipeline/source_lines.h"

namespace stagecoach {

// More than these are not told: whoever has so many has one cause.
inline constexpr size_t kMaxProblems = 100;

// Ownership: `lines` must outlive this.
class Problems {
 public:
  explicit Problems(const SourceLines& lines) : lines_(lines) {}

  // `field: what`, at the line of `field`, or at `line`.
  void Add(absl::string_view field, absl::string_view what);
  void AddAt(int line, absl::string_view field, absl::string_view what);

  bool empty() const { return problems_.empty(); }
  // Whether it is of no use to look for more.
  bool full() const { return problems_.size() >= kMaxProblems; }

  // OK, or INVALID_ARGUMENT with one line each, in the order of lines;
  // what has no line comes last.
  absl::Status ToStatus() const;

 private:
  struct Problem {
    int line = 0;
    std::string text;
  };

  const SourceLines& lines_;
  std::vector<Problem> problems_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_PROBLEMS_H_
