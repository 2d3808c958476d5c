// Everything that the orchestrator remembers, and how to open it.

#ifndef ORCHESTRATOR_STORE_STORE_H_
#define ORCHESTRATOR_STORE_STORE_H_

#include <functional>

#include "absl/strings/string_view.h"
#include "orchestrator/store/coordination_store.h"
#include "orchestrator/store/lease_store.h"
#include "orchestrator/store/pipeline_store.h"
#include "orchestrator/store/retention_store.h"
#include "orchestrator/store/run_store.h"

namespace stagecoach {

// Runs, who holds them, how long they are kept, and pipelines: in one place,
// so that one commit can change them together.
class Store : public RunStore,
              public LeaseStore,
              public RetentionStore,
              public PipelineStore {
 public:
  // Hears which runs have changed; an empty id: wishes, leases or anything else
  // may have.
  using Listener = std::function<void(absl::string_view run_id)>;

  // What those who share the store agree on. Null: one process has it to
  // itself.
  virtual CoordinationStore* coordination() { return nullptr; }

  // From now on `listener` hears what is changed in a shared store, by
  // whomever, from a thread of the store's own; it must not block for long.
  // Null: nobody does, and no call is under way any more.
  virtual void SetListener(const Listener& /*listener*/) {}
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_STORE_H_
