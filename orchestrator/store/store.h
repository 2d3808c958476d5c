// Everything that the orchestrator remembers, and how to open it.

#ifndef ORCHESTRATOR_STORE_STORE_H_
#define ORCHESTRATOR_STORE_STORE_H_

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
              public PipelineStore {};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_STORE_H_
