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
  TrainingData data;
  data.x_train = at::linspace(0, 1, 22).view({11, 2, 1});
  data.y_train = at::linspace(0, 1, 11).view({11, 1});
  data.x_test = at::linspace(1, 2, 6).view({3, 2, 1});
  data.y_test = at::linspace(1, 2, 3).view({3, 1});
  return data;
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

// Cuts a training at every point where it can be stopped, before every batch
// and in every evaluation, and returns how many there are.
int CutEverywhere(const TrainerOptions& options, const TrainingData& data) {
  Trainer straight(options, data);
  EXPECT_OK(TrainToTheEnd(straight));
  for (int count = 1;; ++count) {
    Trainer stopped(options, data);
    if (!TrainUntil(stopped, count)) return count - 1;
    const SafetensorsView file = ToFile(stopped.SaveState());

    Trainer resumed(options, data);
    EXPECT_OK(resumed.RestoreState(file)) << count;
    EXPECT_EQ(resumed.batches_done(), stopped.batches_done());
    EXPECT_OK(TrainToTheEnd(resumed));
    ExpectSameEnd(resumed, straight);
  }
}

TEST_F(TrainerStateTest, GoesOnFromEveryPointToTheSameEndBitForBit) {
  // 3 batches in each of 5 epochs, and 2 blocks in each of 3 evaluations.
  EXPECT_EQ(CutEverywhere(SomeOptions(), SomeData()), 5 * 3 + 3 * 2);
}

TEST_F(TrainerStateTest, SoItDoesWithEveryModelOptimizerAndSchedule) {
  struct Choice {
    const char* model;
    const char* optimizer;
    const char* schedule;
  };
  for (const Choice& choice :
       {Choice{"gru", "adamw", "step"}, Choice{"mlp", "sgd", "cosine"},
        Choice{"lstm", "sgd", "plateau"}}) {
    TrainerOptions options = SomeOptions();
    options.model = choice.model;
    options.optimizer.name = choice.optimizer;
    options.optimizer.weight_decay = 0.01;
    options.schedule = {choice.schedule, /*epochs=*/1, /*factor=*/0.5};
    options.dropout = 0.3;
    options.gradient_clip = 0.1;
    EXPECT_EQ(CutEverywhere(options, SomeData()), 5 * 3 + 3 * 2)
        << choice.model;
  }
}

TEST_F(TrainerStateTest, SoItDoesWithEarlyStopping) {
  TrainerOptions options = SomeOptions();
  options.epochs = 50;
  options.learning_rate = 0.1;
  options.early_stopping = 2;
  const TrainingData data = *TakeValidation(SomeData(), 0.3);
  Trainer straight(options, data);
  ASSERT_OK(TrainToTheEnd(straight));
  ASSERT_LT(straight.epochs_done(), 50);
  ASSERT_LT(straight.history().outcome().epoch, straight.epochs_done() - 1);
  EXPECT_GT(CutEverywhere(options, data), 3 * straight.epochs_done() - 1);
}

TEST_F(TrainerStateTest, TheEndIsAStateToo) {
  TrainerOptions options = SomeOptions();
  options.early_stopping = 1;
  const TrainingData data = *TakeValidation(SomeData(), 0.3);
  Trainer trained(options, data);
  ASSERT_OK(TrainToTheEnd(trained));
  Trainer restored(options, data);
  ASSERT_OK(restored.RestoreState(ToFile(trained.SaveState())));
  EXPECT_TRUE(restored.done());
  ExpectSameEnd(restored, trained);
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
  for (const char* key : {"epoch", "row", "steps", "best_epoch", "bad_epochs",
                          "reductions", "evaluations", "kept"}) {
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
