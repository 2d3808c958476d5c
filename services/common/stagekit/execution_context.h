// Everything a stage may touch while it does one execution.

#ifndef SERVICES_COMMON_STAGEKIT_EXECUTION_CONTEXT_H_
#define SERVICES_COMMON_STAGEKIT_EXECUTION_CONTEXT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/artifact/artifact_reader.h"
#include "services/common/artifact/safetensors.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// Threads: used by the one thread that runs the execution, except
// `cancelled()`, which any thread may ask.
//
// Asking for a parameter that the stage has not declared, or as another type,
// is a defect for which there is no answer: the process dies, so that the first
// test finds it. An undeclared input or output is INTERNAL.
class ExecutionContext {
 public:
  virtual ~ExecutionContext() = default;

  // `<run>/<step>/<attempt>`, for messages.
  virtual const std::string& execution_id() const = 0;

  // Parameters, given or default.
  virtual int64_t Integer(absl::string_view name) const = 0;
  virtual double Number(absl::string_view name) const = 0;
  virtual const std::string& String(absl::string_view name) const = 0;
  virtual bool Boolean(absl::string_view name) const = 0;
  virtual std::vector<std::string> StringList(absl::string_view name) const = 0;
  // For INTEGER_OR_STRING and generic code.
  virtual const v1::ParameterValue& Parameter(absl::string_view name) const = 0;

  // Whether an optional input was given.
  virtual bool HasInput(absl::string_view name) const = 0;

  // The bytes of an input, mapped and verified against its size and digest.
  // The messages name input and URI.
  //   NOT_FOUND    it is not there.
  //   DATA_LOSS    it differs from its record.
  //   UNAVAILABLE  the volume does not answer.
  virtual absl::StatusOr<ArtifactReader> OpenInput(absl::string_view name) = 0;

  // An input of type TENSOR or WEIGHTS, opened and parsed. Also
  // FAILED_PRECONDITION: it is not a well-formed safetensors file.
  virtual absl::StatusOr<SafetensorsView> OpenTensors(
      absl::string_view name) = 0;

  // Writes a whole output of any type; once per output.
  virtual absl::Status WriteOutput(absl::string_view name,
                                   absl::string_view bytes) = 0;

  // Writes an output of type TENSOR or WEIGHTS as safetensors. The tensors'
  // bytes need to live only until this returns.
  virtual absl::Status WriteTensors(absl::string_view name,
                                    absl::Span<const TensorView> tensors,
                                    const SafetensorsMetadata& metadata) = 0;

  // Reports how far the execution is; cheap, never blocks.
  virtual void ReportProgress(const v1::Progress& progress) = 0;

  // Sets a final value that the result carries, e.g. `rmse_test`.
  virtual void SetMetric(absl::string_view name, double value) = 0;

  // Whether to stop now: return any status, CANCELLED or DEADLINE_EXCEEDED is
  // reported. Cheap enough for every batch.
  virtual bool cancelled() const = 0;

  // Saves a checkpoint numbered by the work done, e.g. the epoch; later
  // attempts at the step find it. Older ones are deleted, but for one. OK
  // and nothing done if the execution keeps no checkpoints.
  virtual absl::Status SaveCheckpoint(int64_t number,
                                      absl::Span<const TensorView> tensors,
                                      const SafetensorsMetadata& metadata) = 0;

  // The newest whole checkpoint of the step; nothing if there is none. A
  // damaged one is passed over, with a warning in the log.
  virtual absl::StatusOr<std::optional<SafetensorsView>> OpenCheckpoint() = 0;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_EXECUTION_CONTEXT_H_
