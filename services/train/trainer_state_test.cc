#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/status_matchers.h"
#include "services/common/tensor/torch_runtime.h"
#include "services/train/trainer.h"

namespace stagecoach {
namespace {

using testing::HasSubstr;

bool Never() { return false; }

TrainingData SomeData() {
  return {at::linspace(0, 1, 22).view({11, 2, 1}),
          at::linspace(0, 1, 11).view({11, 1}),
          at::linspace(1, 2, 6).view({3, 2, 1}),
          at::linspace(1, 2, 3).view({3, 1})};
}

TrainerOptions SomeOptions() {
  TrainerOptions options;
  options.hidden_size = 5;
  options.layers = 2;
  options.epochs = 5;
  options.batch_size = 4;
  options.evaluation_interval = 2;
  return options;
}

SafetensorsView ToFile(const TrainerState& state) {
  const std::vector<TensorView> views = ViewsOf(state.tensors);
  auto bytes =
      std::make_shared<std::string>(*SafetensorsHeader(views, state.metadata));
  for (const TensorView& view : views) {
    bytes->append(view.bytes.data(), view.bytes.size());
  }
  return *SafetensorsView::Parse(
      ArtifactReader("pvc://test/checkpoint.safetensors", *bytes, bytes));
}

void ExpectSameEnd(const Trainer& one, const Trainer& other) {
  EXPECT_EQ(one.history(), other.history());
  for (size_t i = 0; i < one.model().parameters().size(); ++i) {
    EXPECT_TRUE(at::equal(one.model().parameters()[i].tensor,
                          other.model().parameters()[i].tensor));
  }
}

absl::Status TrainToTheEnd(Trainer& trainer) {
  while (!trainer.done()) SC_RETURN_IF_ERROR(trainer.FinishEpoch(Never));
  return absl::OkStatus();
}

// Trains until `cancelled` has been asked `count` times; false at the end.
bool TrainUntil(Trainer& trainer, int count) {
  int asked = 0;
  while (!trainer.done()) {
    if (!trainer.FinishEpoch([&] { return ++asked == count; }).ok()) {
      return true;
    }
  }
  return false;
}

class TrainerStateTest : public testing::Test {
 protected:
  TrainerStateTest() { PrepareTorchThread(); }
};

// Cut at every point where a trainer can be stopped: before every batch and
// in every evaluation.
TEST_F(TrainerStateTest, GoesOnFromEveryPointToTheSameEndBitForBit) {
  Trainer straight(SomeOptions(), SomeData());
  ASSERT_OK(TrainToTheEnd(straight));
  int count = 1;
  for (;; ++count) {
    Trainer stopped(SomeOptions(), SomeData());
    if (!TrainUntil(stopped, count)) break;
    const SafetensorsView file = ToFile(stopped.SaveState());

    Trainer resumed(SomeOptions(), SomeData());
    ASSERT_OK(resumed.RestoreState(file)) << count;
    EXPECT_EQ(resumed.batches_done(), stopped.batches_done());
    ASSERT_OK(TrainToTheEnd(resumed));
    ExpectSameEnd(resumed, straight);
  }
  // 3 batches in each of 5 epochs, and 2 blocks in each of 3 evaluations.
  EXPECT_EQ(count, 5 * 3 + 3 * 2 + 1);
}

TEST_F(TrainerStateTest, AStateDoesNotChangeAsTrainingGoesOn) {
  Trainer trainer(SomeOptions(), SomeData());
  ASSERT_OK(trainer.FinishEpoch(Never));
  const TrainerState state = trainer.SaveState();
  const std::string before(ViewOf("x", state.tensors[0].tensor).bytes);
  ASSERT_OK(trainer.FinishEpoch(Never));
  EXPECT_EQ(ViewOf("x", state.tensors[0].tensor).bytes, before);
}

TEST_F(TrainerStateTest, RefusesTheStateOfAnotherTrainingAndStaysAsItWas) {
  Trainer other(SomeOptions(), SomeData());
  ASSERT_OK(other.FinishEpoch(Never));
  const SafetensorsView file = ToFile(other.SaveState());
  TrainerOptions options = SomeOptions();
  options.seed = 9;
  Trainer trainer(options, SomeData());
  EXPECT_THAT(trainer.RestoreState(file),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("another training: seed is 0, here 9")));
  Trainer untouched(options, SomeData());
  ASSERT_OK(TrainToTheEnd(trainer));
  ASSERT_OK(TrainToTheEnd(untouched));
  ExpectSameEnd(trainer, untouched);
}

TEST_F(TrainerStateTest, RefusesAStateThatLacksAnyTensor) {
  Trainer other(SomeOptions(), SomeData());
  ASSERT_OK(other.FinishEpoch(Never));
  const TrainerState whole = other.SaveState();
  Trainer trainer(SomeOptions(), SomeData());
  for (size_t i = 0; i < whole.tensors.size(); ++i) {
    TrainerState state = whole;
    state.tensors.erase(state.tensors.begin() + i);
    EXPECT_THAT(trainer.RestoreState(ToFile(state)),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr(whole.tensors[i].name)));
  }
  EXPECT_EQ(trainer.batches_done(), 0);
}

TEST_F(TrainerStateTest, RefusesAStateWithCountersThatCannotBe) {
  Trainer other(SomeOptions(), SomeData());
  ASSERT_OK(other.FinishEpoch(Never));
  const TrainerState whole = other.SaveState();
  Trainer trainer(SomeOptions(), SomeData());
  for (const char* key : {"epoch", "row", "steps", "evaluations"}) {
    for (const char* value : {"", "-1", "9223372036854775808", "x"}) {
      TrainerState state = whole;
      state.metadata[key] = value;
      EXPECT_THAT(trainer.RestoreState(ToFile(state)),
                  StatusIs(absl::StatusCode::kFailedPrecondition,
                           HasSubstr(std::string("'") + key + "'")));
    }
  }
}

}  // namespace
}  // namespace stagecoach
