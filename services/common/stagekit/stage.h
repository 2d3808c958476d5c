// What a stage is written with: one class, no gRPC, no threads, no paths.
//
//   class PrepareStage final : public Stage {
//    public:
//     v1::StageDescription Describe() const override {
//       return StageBuilder("prepare", "1.0.0", "Cuts series into windows.")
//           .Parameter(Integer("lookback", "values in a window")
//                          .Default(4).Minimum(1).Maximum(100'000))
//           .Input("train", v1::ARTIFACT_TYPE_TENSOR, "series [n,1]")
//           .Output("X_train", v1::ARTIFACT_TYPE_TENSOR, "windows [n-k,k,1]")
//           .Build();
//     }
//     absl::Status Run(ExecutionContext& context) override;
//   };
//
//   int main(int argc, char** argv) {
//     return stagecoach::ServeStage(argc, argv,
//                                   std::make_unique<PrepareStage>());
//   }

#ifndef SERVICES_COMMON_STAGEKIT_STAGE_H_
#define SERVICES_COMMON_STAGEKIT_STAGE_H_

#include "absl/status/status.h"
#include "services/common/stagekit/execution_context.h"
#include "stagecoach/v1/stage.pb.h"

namespace prometheus {
class Registry;
}  // namespace prometheus

namespace stagecoach {

// One kind of work.
//
// Threads: Run is called from as many threads at once as the stage has slots;
// Describe from any.
class Stage {
 public:
  virtual ~Stage() = default;

  // What the stage is; the same on every call. `slots` and `build_id` are
  // filled in by the server.
  virtual v1::StageDescription Describe() const = 0;

  // Adds the stage's own metrics to the process's `registry`, which outlives
  // the stage. Called once, before the first Run.
  virtual void RegisterMetrics(prometheus::Registry& registry) {}

  // Does one execution: reads inputs, writes every output that is not
  // optional, reports progress, and returns soon after `context.cancelled()`
  // becomes true. Parameters and inputs have been checked against the
  // description. Outputs are published only after OK.
  virtual absl::Status Run(ExecutionContext& context) = 0;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_STAGE_H_
