// Runs a stage in the test's own process: no gRPC, no server, a volume in
// memory. What it does between the test and the stage is the same code that a
// served stage runs behind.
//
//   PrepareStage stage;
//   StageHarness harness(stage);
//   harness.GiveFloats("train", {5, 1}, {1, 2, 3, 4, 5});
//   harness.SetInteger("lookback", 2);
//   ASSERT_OK(harness.Run());
//   EXPECT_THAT(harness.OutputFloats("y_train"), ElementsAre(3, 4, 5));

#ifndef SERVICES_COMMON_STAGEKIT_STAGE_HARNESS_H_
#define SERVICES_COMMON_STAGEKIT_STAGE_HARNESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/artifact/safetensors.h"
#include "services/common/stagekit/stage.h"
#include "stagecoach/v1/stage.pb.h"

namespace stagecoach {

// Every Run is the next attempt at one and the same step: it has an output
// directory of its own and finds the checkpoints of the attempts before it.
// Parameters and inputs stay as they were set.
//
// Asking for an output that the last Run did not publish, or that is of
// another type, dies with a message.
//
// Threads:   one, but for Cancel.
// Ownership: views of outputs stay valid when the harness is gone.
class StageHarness {
 public:
  // `stage` must outlive the harness and describe itself well: dies otherwise.
  explicit StageHarness(Stage& stage);
  ~StageHarness();

  void SetInteger(absl::string_view parameter, int64_t value);
  void SetNumber(absl::string_view parameter, double value);
  void SetString(absl::string_view parameter, absl::string_view value);
  void SetBoolean(absl::string_view parameter, bool value);
  void SetStringList(absl::string_view parameter,
                     absl::Span<const std::string> values);

  // Writes a file to the volume and gives it as an input of the type that the
  // stage declares for it, with size and digest.
  void GiveBytes(absl::string_view input, absl::string_view bytes);
  void GiveTensors(absl::string_view input,
                   absl::Span<const TensorView> tensors,
                   const SafetensorsMetadata& metadata = {});
  // One F32 tensor, named like the input.
  void GiveFloats(absl::string_view input, std::vector<int64_t> shape,
                  std::vector<float> values);
  // Gives an output of another harness's last Run.
  void GiveOutput(absl::string_view input, const StageHarness& from,
                  absl::string_view output);
  // Gives an artifact as it is, for what is wrong about it.
  void GiveArtifact(absl::string_view input, const v1::Artifact& artifact);
  // Overwrites the file of an input behind the back of its digest.
  void TamperWith(absl::string_view input, absl::string_view bytes);

  // The following Runs are cancelled at their `count`-th report of progress,
  // from 1; 0 (the default): never.
  void CancelAtProgress(int count);
  // Cancels the Run under way, if there is one. Any thread.
  void Cancel();
  // The following Runs are given no place for checkpoints.
  void KeepNoCheckpoints();

  // Does one attempt and returns how it ended, as a served stage would report
  // it.
  absl::Status Run();

  // Of the last Run that ended well.
  const v1::ExecutionResult& result() const;
  bool HasOutput(absl::string_view output) const;
  const v1::Artifact& OutputArtifact(absl::string_view output) const;
  std::string OutputBytes(absl::string_view output) const;
  SafetensorsView OutputTensors(absl::string_view output) const;
  // The values and shape of the F32 tensor named like the output.
  std::vector<float> OutputFloats(absl::string_view output) const;
  std::vector<int64_t> OutputShape(absl::string_view output) const;
  // A final value; NaN if the stage has not set it.
  double Metric(absl::string_view name) const;

  // What the last Run reported, in order, well ended or not.
  const std::vector<v1::Progress>& progress() const;
  // The numbers of the step's checkpoints, ascending.
  std::vector<int64_t> Checkpoints() const;
  // Overwrites a checkpoint with bytes that are none.
  void DamageCheckpoint(int64_t number);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_STAGE_HARNESS_H_
