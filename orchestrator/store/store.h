// Everything that the orchestrator remembers, and how to open it.

#ifndef ORCHESTRATOR_STORE_STORE_H_
#define ORCHESTRATOR_STORE_STORE_H_

#include "orchestrator/store/pipeline_store.h"
#include "orchestrator/store/run_store.h"

namespace stagecoach {

// Runs and pipelines, kept together.
class Store : public RunStore, public PipelineStore {};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_STORE_H_
