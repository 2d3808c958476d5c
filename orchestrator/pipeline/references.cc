#include "orchestrator/pipeline/references.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "orchestrator/pipeline/plan.h"
#include "orchestrator/pipeline/sorted_keys.h"
#include "services/common/base/nearest_name.h"

namespace stagecoach {
namespace {

// Names of one kind, and which of them have been referred to.
class Names {
 public:
  template <typename List>
  explicit Names(const List& list) {
    for (const auto& element : list) names_.push_back(element.name());
    known_.insert(names_.begin(), names_.end());
  }

  bool Use(const std::string& name) {
    if (!known_.contains(name)) return false;
    used_.insert(name);
    return true;
  }
  std::string Hint(absl::string_view name) const {
    return NearestNameHint(name, names_);
  }
  std::vector<std::string> Unused() const {
    std::vector<std::string> unused;
    for (const std::string& name : names_) {
      if (!used_.contains(name)) unused.push_back(name);
    }
    return unused;
  }

 private:
  std::vector<std::string> names_;
  absl::flat_hash_set<std::string> known_;
  absl::flat_hash_set<std::string> used_;
};

class ReferenceChecker {
 public:
  ReferenceChecker(const v1::Pipeline& pipeline, Problems& problems)
      : pipeline_(pipeline),
        problems_(problems),
        parameters_(pipeline.parameters()),
        inputs_(pipeline.inputs()),
        steps_(pipeline.steps()) {}

  void Check() {
    for (const v1::PipelineStep& step : pipeline_.steps()) {
      if (problems_.full()) return;
      CheckParameters(step);
      CheckInputs(step);
    }
    for (const v1::PipelineOutput& output : pipeline_.outputs()) {
      CheckStep(absl::StrCat("spec.outputs.", output.name(), ".from"),
                output.source().step());
    }
    // A mistyped name leaves the right one unused: one mistake, one problem.
    if (problems_.empty()) CheckAllUsed();
  }

 private:
  void CheckParameters(const v1::PipelineStep& step) {
    for (const std::string& name : SortedKeys(step.parameters())) {
      const v1::ParameterBinding& binding = step.parameters().at(name);
      if (!binding.has_parameter() || parameters_.Use(binding.parameter())) {
        continue;
      }
      problems_.Add(
          absl::StrCat("spec.steps.", step.name(), ".parameters.", name),
          absl::StrCat("the pipeline has no parameter \"", binding.parameter(),
                       "\"", parameters_.Hint(binding.parameter())));
    }
  }

  void CheckInputs(const v1::PipelineStep& step) {
    for (const std::string& name : SortedKeys(step.inputs())) {
      const std::string field =
          absl::StrCat("spec.steps.", step.name(), ".inputs.", name);
      const v1::InputBinding& binding = step.inputs().at(name);
      if (binding.has_step_output()) {
        CheckStepOutput(field, step.name(), binding.step_output().step());
      } else if (!inputs_.Use(binding.pipeline_input())) {
        problems_.Add(field,
                      absl::StrCat("the pipeline has no input \"",
                                   binding.pipeline_input(), "\"",
                                   inputs_.Hint(binding.pipeline_input())));
      }
    }
  }

  void CheckStepOutput(const std::string& field, const std::string& step,
                       const std::string& source) {
    if (source == step) {
      problems_.Add(field, "the step needs its own output");
      return;
    }
    CheckStep(field, source);
  }

  void CheckStep(const std::string& field, const std::string& step) {
    if (steps_.Use(step)) return;
    problems_.Add(field, absl::StrCat("there is no step \"", step, "\"",
                                      steps_.Hint(step)));
  }

  void CheckAllUsed() {
    for (const std::string& name : parameters_.Unused()) {
      problems_.Add(absl::StrCat("spec.parameters.", name),
                    absl::StrCat("no step uses it; hand it to one as "
                                 "${parameters.",
                                 name, "}, or remove it"));
    }
    for (const std::string& name : inputs_.Unused()) {
      problems_.Add(absl::StrCat("spec.inputs.", name),
                    absl::StrCat("no step uses it; hand it to one as inputs.",
                                 name, ", or remove it"));
    }
  }

  const v1::Pipeline& pipeline_;
  Problems& problems_;
  Names parameters_;
  Names inputs_;
  Names steps_;
};

using StepLists = std::vector<std::vector<int>>;

StepLists Dependents(const StepLists& dependencies) {
  StepLists dependents(dependencies.size());
  for (size_t step = 0; step < dependencies.size(); ++step) {
    for (const int needed : dependencies[step]) {
      dependents[needed].push_back(static_cast<int>(step));
    }
  }
  return dependents;
}

// The steps in an order in which each stands after those that it needs, always
// the first one that may be next (Kahn 1962). Steps in or behind a circle are
// left out.
std::vector<int> Order(const StepLists& dependencies) {
  const StepLists dependents = Dependents(dependencies);
  std::vector<size_t> missing;
  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  for (size_t step = 0; step < dependencies.size(); ++step) {
    missing.push_back(dependencies[step].size());
    if (missing[step] == 0) ready.push(static_cast<int>(step));
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int step = ready.top();
    ready.pop();
    order.push_back(step);
    for (const int dependent : dependents[step]) {
      if (--missing[dependent] == 0) ready.push(dependent);
    }
  }
  return order;
}

// A circle, given that there is one: steps that are not in `order` each need
// another such step, so following them comes round at last.
std::vector<int> FindCircle(const StepLists& dependencies,
                            const std::vector<int>& order) {
  std::vector<bool> sorted(dependencies.size());
  for (const int step : order) sorted[step] = true;
  std::vector<int> seen_at(dependencies.size(), -1);
  std::vector<int> path;
  int step = static_cast<int>(std::find(sorted.begin(), sorted.end(), false) -
                              sorted.begin());
  while (seen_at[step] < 0) {
    seen_at[step] = static_cast<int>(path.size());
    path.push_back(step);
    step = *std::find_if(dependencies[step].begin(), dependencies[step].end(),
                         [&sorted](int needed) { return !sorted[needed]; });
  }
  path.erase(path.begin(), path.begin() + seen_at[step]);
  path.push_back(step);
  return path;
}

void CheckCircles(const v1::Pipeline& pipeline, Problems& problems) {
  const StepLists dependencies = Dependencies(pipeline);
  const std::vector<int> order = Order(dependencies);
  if (order.size() == dependencies.size()) return;
  const std::vector<int> circle = FindCircle(dependencies, order);
  const auto name = [&pipeline](std::string* out, int step) {
    out->append(pipeline.steps(step).name());
  };
  problems.Add(
      absl::StrCat("spec.steps.", pipeline.steps(circle.front()).name()),
      absl::StrCat("steps need each other in a circle: ",
                   absl::StrJoin(circle, " needs ", name)));
}

}  // namespace

void CheckReferences(const v1::Pipeline& pipeline, Problems& problems) {
  ReferenceChecker(pipeline, problems).Check();
  if (problems.empty()) CheckCircles(pipeline, problems);
}

void SortSteps(v1::Pipeline& pipeline) {
  google::protobuf::RepeatedPtrField<v1::PipelineStep> sorted;
  for (const int step : Order(Dependencies(pipeline))) {
    *sorted.Add() = std::move(*pipeline.mutable_steps(step));
  }
  pipeline.mutable_steps()->Swap(&sorted);
}

}  // namespace stagecoach
