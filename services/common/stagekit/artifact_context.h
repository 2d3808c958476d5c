// What a stage sees of the world: the ExecutionContext over the artifact store.

#ifndef SERVICES_COMMON_STAGEKIT_ARTIFACT_CONTEXT_H_
#define SERVICES_COMMON_STAGEKIT_ARTIFACT_CONTEXT_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/artifact/artifact_staging.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/checkpoint_store.h"
#include "services/common/stagekit/checked_request.h"
#include "services/common/stagekit/execution.h"
#include "services/common/stagekit/execution_context.h"
#include "services/common/stagekit/phase_clock.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// Threads:   as ExecutionContext says.
// Ownership: everything given to the constructor must outlive it; `staging` is
//            null for a stage that has no outputs.
class ArtifactContext final : public ExecutionContext {
 public:
  ArtifactContext(const v1::StageDescription& description,
                  const CheckedRequest& request, ArtifactStore& store,
                  ArtifactStaging* staging, PhaseClock& phases,
                  Execution& execution);

  const std::string& execution_id() const override;
  int64_t Integer(absl::string_view name) const override;
  double Number(absl::string_view name) const override;
  const std::string& String(absl::string_view name) const override;
  bool Boolean(absl::string_view name) const override;
  std::vector<std::string> StringList(absl::string_view name) const override;
  const v1::ParameterValue& Parameter(absl::string_view name) const override;
  bool HasInput(absl::string_view name) const override;
  absl::StatusOr<ArtifactReader> OpenInput(absl::string_view name) override;
  absl::StatusOr<SafetensorsView> OpenTensors(absl::string_view name) override;
  absl::Status WriteOutput(absl::string_view name,
                           absl::string_view bytes) override;
  absl::Status WriteTensors(absl::string_view name,
                            absl::Span<const TensorView> tensors,
                            const SafetensorsMetadata& metadata) override;
  void ReportProgress(const v1::Progress& progress) override;
  void SetMetric(absl::string_view name, double value) override;
  bool cancelled() const override;
  absl::Status SaveCheckpoint(int64_t number,
                              absl::Span<const TensorView> tensors,
                              const SafetensorsMetadata& metadata) override;
  absl::StatusOr<std::optional<SafetensorsView>> OpenCheckpoint() override;

  // DATA_LOSS naming an input or checkpoint that was damaged while it was read.
  absl::Status CheckInputsWhole() const;

  // INTERNAL naming an output that is not optional and was not written.
  absl::Status CheckOutputsWritten() const;

  const std::map<std::string, double>& metrics() const { return metrics_; }

 private:
  // The value if it is of `kind`; dies otherwise.
  const v1::ParameterValue& ParameterOf(
      absl::string_view name, v1::ParameterValue::KindCase kind) const;
  // The spec of an output that may be written as tensors or not.
  absl::StatusOr<const v1::OutputSpec*> OutputFor(absl::string_view name) const;
  absl::StatusOr<CheckpointStore*> Checkpoints();

  const v1::StageDescription& description_;
  const CheckedRequest& request_;
  ArtifactStore& store_;
  ArtifactStaging* const staging_;
  PhaseClock& phases_;
  Execution& execution_;

  // URI and bytes of what was opened, which is kept until the end.
  std::vector<ArtifactReader> opened_;
  std::vector<SafetensorsView> checkpoint_;
  std::set<std::string> written_;
  std::map<std::string, double> metrics_;
  std::optional<CheckpointStore> checkpoints_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_ARTIFACT_CONTEXT_H_
