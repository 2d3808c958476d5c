#include "services/common/model/weights_metadata.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::HasSubstr;

ModelDescription SomeDescription() {
  ModelDescription description;
  description.kind = ModelKinds().back();
  description.shape = {/*input_size=*/2, /*hidden_size=*/7, /*layers=*/3,
                       /*output_size=*/1, /*lookback=*/5};
  return description;
}

TEST(WeightsMetadataTest, ADescriptionGoesThereAndBack) {
  EXPECT_THAT(FromMetadata(ToMetadata(SomeDescription())),
              IsOkAndHolds(SomeDescription()));
}

TEST(WeightsMetadataTest, TheScalerTravelsAlong) {
  ModelDescription description = SomeDescription();
  description.scaler.emplace();
  description.scaler->columns = {{.name = "a", .scale = 2}, {.name = "b"}};
  description.scaler->lookback = 5;
  EXPECT_THAT(FromMetadata(ToMetadata(description)), IsOkAndHolds(description));
}

TEST(WeightsMetadataTest, RefusesAScalerOfOtherWindows) {
  ModelDescription description = SomeDescription();
  description.scaler.emplace();
  description.scaler->columns = {{.name = "a"}};
  description.scaler->lookback = 5;
  EXPECT_THAT(FromMetadata(ToMetadata(description)),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("'scaler' in the weights' metadata: the "
                                 "scaler is of windows [5,1]")));
}

TEST(WeightsMetadataTest, OtherKeysAreIgnored) {
  SafetensorsMetadata metadata = ToMetadata(SomeDescription());
  metadata["note"] = "mine";
  EXPECT_THAT(FromMetadata(metadata), IsOkAndHolds(SomeDescription()));
}

TEST(WeightsMetadataTest, RefusesEveryMissingKeyByName) {
  for (const auto& [key, value] : ToMetadata(SomeDescription())) {
    SafetensorsMetadata metadata = ToMetadata(SomeDescription());
    metadata.erase(key);
    EXPECT_THAT(FromMetadata(metadata),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("lacks '" + key + "'")));
  }
}

TEST(WeightsMetadataTest, RefusesSizesThatAreNoneByNameAndValue) {
  for (const char* key :
       {"input_size", "hidden_size", "layers", "output_size", "lookback"}) {
    for (const char* text : {"", "0", "-1", "1.5", "many", "1000001"}) {
      SafetensorsMetadata metadata = ToMetadata(SomeDescription());
      metadata[key] = text;
      EXPECT_THAT(
          FromMetadata(metadata),
          StatusIs(absl::StatusCode::kFailedPrecondition,
                   AllOf(HasSubstr("'" + std::string(key) + "'"),
                         HasSubstr("is '" + std::string(text) +
                                   "'; needed is a whole number from 1"))));
    }
  }
}

TEST(WeightsMetadataTest, RefusesAModelThatItDoesNotKnow) {
  SafetensorsMetadata metadata = ToMetadata(SomeDescription());
  metadata["model"] = "prophet";
  EXPECT_THAT(
      FromMetadata(metadata),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("there is no model 'prophet'; known are lstm, ")));
}

}  // namespace
}  // namespace stagecoach
