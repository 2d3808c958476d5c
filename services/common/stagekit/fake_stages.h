// Small stages for tests of the kit itself.

#ifndef SERVICES_COMMON_STAGEKIT_FAKE_STAGES_H_
#define SERVICES_COMMON_STAGEKIT_FAKE_STAGES_H_

#include <atomic>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/common/stagekit/stage.h"
#include "services/common/stagekit/stage_builder.h"

namespace stagecoach {

// Reads TEXT `source`, writes it `times` times to TEXT `copy`, reports progress
// once per copy, sets the metric `bytes`, and counts its runs.
class CopyStage final : public Stage {
 public:
  v1::StageDescription Describe() const override {
    return StageBuilder("copy", "1.0.0", "Copies a text.")
        .Parameter(Integer("times", "how often").Default(1).Minimum(1))
        .Parameter(String("mode", "how it ends")
                       .Default("write")
                       .Choices({"write", "forget", "fail"}))
        .Input("source", v1::ARTIFACT_TYPE_TEXT, "what to copy")
        .Output("copy", v1::ARTIFACT_TYPE_TEXT, "the copies")
        .Build();
  }

  absl::Status Run(ExecutionContext& context) override;

  int runs() const { return runs_; }

 private:
  std::atomic<int> runs_ = 0;
};

// Runs until it is released or cancelled. Writes TEXT `done`. If it is
// cancelled and keeps checkpoints, it saves one, numbered 1.
class BlockingStage final : public Stage {
 public:
  v1::StageDescription Describe() const override {
    return StageBuilder("block", "1.0.0", "Waits until it is told to go on.")
        .Output("done", v1::ARTIFACT_TYPE_TEXT, "that it was told")
        .Build();
  }

  absl::Status Run(ExecutionContext& context) override;

  // Lets all runs end, also those to come.
  void Release();
  // Waits until `count` runs have begun in all.
  void AwaitRuns(int count);
  int runs() const;

 private:
  // Counts the run in and waits. False if it was cancelled first.
  bool AwaitRelease(const ExecutionContext& context);

  mutable absl::Mutex mutex_;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  int runs_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_STAGEKIT_FAKE_STAGES_H_
