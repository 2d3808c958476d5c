// What the steps of a pipeline refer to, and the order that follows from it.

#ifndef ORCHESTRATOR_PIPELINE_REFERENCES_H_
#define ORCHESTRATOR_PIPELINE_REFERENCES_H_

#include "orchestrator/pipeline/problems.h"
#include "stagecoach/v1/pipeline.pb.h"

namespace stagecoach {

// Reports every reference to a step, parameter or input that the pipeline does
// not have, to the step itself, and in a circle; and every parameter and input
// that no step uses. Unused names and circles are looked for only if there is
// no other problem. Takes time in proportion to the references.
void CheckReferences(const v1::Pipeline& pipeline, Problems& problems);

// Puts the steps into an order in which each stands after those that it refers
// to, and which is otherwise the one that it was. The references must be free
// of problems.
void SortSteps(v1::Pipeline& pipeline);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_REFERENCES_H_
