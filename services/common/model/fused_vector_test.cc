#include "services/common/model/fused_vector.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "gtest/gtest.h"

namespace stagecoach {
namespace {

template <typename T>
class FusedVectorTest : public testing::Test {
 protected:
  using Own = Vectors<T, 16>;

  template <typename Function>
  static T Of(Function function, T x) {
    T lanes[Own::kLanes];
    Own::Store(lanes, function(Own::All(x)));
    for (const T lane : lanes)
      EXPECT_EQ(std::isnan(lane), std::isnan(lanes[0]));
    return lanes[0];
  }

  // The largest distance from `exact` in units of the last place, over
  // magnitudes from 1e-6 to 100 of both signs.
  template <typename Function, typename Exact>
  static double LargestError(Function function, Exact exact) {
    double largest = 0;
    for (double magnitude = 1e-6; magnitude < 100; magnitude *= 1.003) {
      for (const T x :
           {static_cast<T>(magnitude), static_cast<T>(-magnitude)}) {
        const long double wanted = exact(static_cast<long double>(x));
        const auto unit =
            std::nextafter(std::abs(static_cast<T>(wanted)), T{2}) -
            std::abs(static_cast<T>(wanted));
        const T got = Of(function, x);
        largest = std::max(largest,
                           static_cast<double>(std::abs(got - wanted) /
                                               std::max(unit, kSmallestUnit)));
      }
    }
    return largest;
  }

  // Of results below the normal numbers nothing is asked.
  static constexpr T kSmallestUnit = std::numeric_limits<T>::min();
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(FusedVectorTest, Types);

TYPED_TEST(FusedVectorTest, TanhIsWithinFourUnitsInTheLastPlace) {
  EXPECT_LE(
      this->LargestError([](auto x) { return Vectors<TypeParam, 16>::Tanh(x); },
                         [](long double x) { return std::tanh(x); }),
      4);
}

TYPED_TEST(FusedVectorTest, SigmoidIsWithinFourUnitsInTheLastPlace) {
  // Beyond, exp() in the denominator is as inexact as its argument.
  EXPECT_LE(this->LargestError(
                [](auto x) { return Vectors<TypeParam, 16>::Sigmoid(x); },
                [](long double x) {
                  constexpr long double kLargest =
                      ExponentialOf<TypeParam>::kLargest;
                  return 1 / (1 + std::exp(std::min(-x, kLargest)));
                }),
            4);
}

TYPED_TEST(FusedVectorTest, ActivationsSaturateAndKeepNotANumber) {
  using V = Vectors<TypeParam, 16>;
  const auto tanh = [](auto x) { return V::Tanh(x); };
  const auto sigmoid = [](auto x) { return V::Sigmoid(x); };
  constexpr TypeParam kInfinity = std::numeric_limits<TypeParam>::infinity();
  constexpr TypeParam kLargest = std::numeric_limits<TypeParam>::max();
  for (const TypeParam x : {TypeParam{1000}, kLargest, kInfinity}) {
    EXPECT_EQ(this->Of(tanh, x), 1);
    EXPECT_EQ(this->Of(tanh, -x), -1);
    EXPECT_EQ(this->Of(sigmoid, x), 1);
    EXPECT_LT(this->Of(sigmoid, -x), 1e-37);
    EXPECT_GE(this->Of(sigmoid, -x), 0);
  }
  const TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  EXPECT_TRUE(std::isnan(this->Of(tanh, nan)));
  EXPECT_TRUE(std::isnan(this->Of(sigmoid, nan)));
  EXPECT_EQ(this->Of(tanh, 0), 0);
  EXPECT_EQ(this->Of(sigmoid, 0), TypeParam{0.5});
}

TYPED_TEST(FusedVectorTest, PartsOfVectorsLeaveTheRestAlone) {
  using V = Vectors<TypeParam, 16>;
  for (int64_t count = 0; count <= V::kLanes; ++count) {
    std::vector<TypeParam> from(count, 7);
    std::vector<TypeParam> to(V::kLanes, 1);
    V::StoreFirst(to.data(), V::LoadFirst(from.data(), count) + 1, count);
    for (int64_t i = 0; i < V::kLanes; ++i) {
      EXPECT_EQ(to[i], i < count ? 8 : 1) << i << " of " << count;
    }
    V::Store(to.data(), V::First(V::All(3), count));
    for (int64_t i = 0; i < V::kLanes; ++i) {
      EXPECT_EQ(to[i], i < count ? 3 : 0) << i << " of " << count;
    }
  }
}

}  // namespace
}  // namespace stagecoach
