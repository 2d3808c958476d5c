// What the tests of stores share: the stores that there are, and small runs to
// put into them.

#ifndef ORCHESTRATOR_STORE_STORE_TEST_SUPPORT_H_
#define ORCHESTRATOR_STORE_STORE_TEST_SUPPORT_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "orchestrator/store/store.h"

namespace stagecoach {

// A kind of store that has to keep the contract.
struct StoreKind {
  std::string name;
  // A new empty store; it may keep files in `directory`, which is empty.
  std::function<std::unique_ptr<Store>(const std::string& directory)> open;
};

std::vector<StoreKind> AllStoreKinds();

inline std::ostream& operator<<(std::ostream& out, const StoreKind& kind) {
  return out << kind.name;
}

// A new empty directory of this test's own, gone when the process ends.
std::string NewTestDirectory();

// A run of pipeline "airline" with steps "load" and "train", PENDING, created
// `seconds` after some instant.
v1::Run SomeRun(absl::string_view id, int seconds = 0);

// The step of `run` called `name` as SUCCEEDED on its first attempt, with an
// output "data" at `pvc://artifacts/runs/RUN/STEP/1/data.safetensors`.
v1::Step SucceededStep(const v1::Run& run, absl::string_view name);
std::string OutputUri(absl::string_view run_id, absl::string_view step);

v1::RunEvent SomeEvent(v1::RunState state);

// A write that inserts `run` with all its steps and one event.
RunWrite Insert(const v1::Run& run);
// A write that updates `run`'s own fields to `state`, with one event.
RunWrite Update(const v1::Run& run, v1::RunState state);
// A write that updates step number `index` and nothing else.
RunWrite UpdateStep(const v1::Run& run, int index, const v1::Step& step);

// Commits one write.
absl::Status CommitOne(RunStore& store, const RunWrite& write);

MATCHER_P(EqualsProto, expected, "equals " + expected.ShortDebugString()) {
  *result_listener << arg.ShortDebugString();
  return google::protobuf::util::MessageDifferencer::Equals(arg, expected);
}

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_STORE_TEST_SUPPORT_H_
