#include "services/common/model/dropout.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

at::Generator Seeded(uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

TEST(DropoutTest, DropsItsShareAndScalesTheOthersUp) {
  const at::Tensor values = at::full({100, 100}, 3.0f);
  const at::Tensor dropped = Dropout(0.25, Seeded(1))(values);
  const at::Tensor zeros = dropped.eq(0);
  EXPECT_NEAR(zeros.to(at::kFloat).mean().item<float>(), 0.25, 0.02);
  EXPECT_TRUE(dropped.masked_select(~zeros).eq(4).all().item<bool>());
}

TEST(DropoutTest, TheGeneratorAloneDecidesWhatIsDropped) {
  const at::Tensor values = at::ones({50, 50});
  const at::Tensor one = Dropout(0.5, Seeded(1))(values);
  at::manual_seed(9);
  EXPECT_TRUE(at::equal(one, Dropout(0.5, Seeded(1))(values)));
  EXPECT_FALSE(at::equal(one, Dropout(0.5, Seeded(2))(values)));
}

TEST(DropoutTest, NothingToDropDrawsNothing) {
  at::Generator generator = Seeded(1);
  const at::Tensor before = generator.get_state();
  const at::Tensor values = at::ones({5});
  EXPECT_TRUE(Dropout(0, generator)(values).is_same(values));
  EXPECT_TRUE(Dropout()(values).is_same(values));
  EXPECT_TRUE(at::equal(generator.get_state(), before));
}

}  // namespace
}  // namespace stagecoach
