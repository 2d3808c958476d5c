// Stages, pipelines and artifacts as tables and pages.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_CATALOG_H_
#define ORCHESTRATOR_CLI_RENDER_CATALOG_H_

#include <string>

#include "absl/types/span.h"
#include "orchestrator/cli/render/style.h"
#include "stagecoach/v1/orchestrator.pb.h"

namespace stagecoach {

// One line a stage: version, replicas that serve, slots, steps that wait.
std::string RenderStageList(absl::Span<const v1::StageStatus> stages,
                            const Layout& layout);

// What a stage says of itself, and its replicas.
std::string RenderStage(const v1::StageStatus& stage, const Layout& layout);

// One line a pipeline: version, steps, first line of its documentation.
std::string RenderPipelineList(absl::Span<const v1::Pipeline> pipelines,
                               const Layout& layout);

// A pipeline with its parameters, inputs, steps and outputs.
std::string RenderPipeline(const v1::Pipeline& pipeline, const Layout& layout);

// One line an artifact: step, name, shape, size, URI.
std::string RenderArtifactList(absl::Span<const v1::RecordedArtifact> artifacts,
                               const Layout& layout);

// The fields of one artifact: URI, type, size, digest, metadata.
std::string RenderArtifact(const v1::Artifact& artifact, const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_CATALOG_H_
