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
  description.shape = {/*input_size=*/2, /*hidden_size=*/7, /*layers=*/3,
                       /*output_size=*/1};
  description.lookback = 5;
  return description;
}

TEST(WeightsMetadataTest, ADescriptionGoesThereAndBack) {
  EXPECT_THAT(FromMetadata(ToMetadata(SomeDescription())),
              IsOkAndHolds(SomeDescription()));
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
  metadata["model"] = "gru";
  EXPECT_THAT(FromMetadata(metadata),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("of a model 'gru'; known is lstm")));
}

}  // namespace
}  // namespace stagecoach
