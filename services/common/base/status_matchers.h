// Matchers for absl::Status and absl::StatusOr in tests.
//
//   EXPECT_OK(store.Save(run));
//   EXPECT_THAT(ParseUri("x"), StatusIs(absl::StatusCode::kInvalidArgument,
//                                       HasSubstr("pvc://")));
//   EXPECT_THAT(ParsePort("80"), IsOkAndHolds(80));
//
// There is no "not OK" matcher: name the code that you expect.

#ifndef SERVICES_COMMON_BASE_STATUS_MATCHERS_H_
#define SERVICES_COMMON_BASE_STATUS_MATCHERS_H_

#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"

namespace stagecoach {

inline const absl::Status& GetStatus(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& GetStatus(const absl::StatusOr<T>& value) {
  return value.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << GetStatus(arg);
  return GetStatus(arg).ok();
}

MATCHER_P2(StatusIs, code, message_matcher,
           "has code " + absl::StatusCodeToString(code) + " and a message " +
               testing::DescribeMatcher<std::string>(message_matcher)) {
  *result_listener << GetStatus(arg);
  return GetStatus(arg).code() == code &&
         testing::ExplainMatchResult(message_matcher,
                                     std::string(GetStatus(arg).message()),
                                     result_listener);
}

inline auto StatusIs(absl::StatusCode code) {
  return StatusIs(code, testing::_);
}

MATCHER_P(IsOkAndHolds, value_matcher, "is OK and holds a matching value") {
  if (!arg.ok()) {
    *result_listener << arg.status();
    return false;
  }
  return testing::ExplainMatchResult(value_matcher, *arg, result_listener);
}

}  // namespace stagecoach

#define EXPECT_OK(expression) EXPECT_THAT(expression, ::stagecoach::IsOk())
#define ASSERT_OK(expression) ASSERT_THAT(expression, ::stagecoach::IsOk())

#endif  // SERVICES_COMMON_BASE_STATUS_MATCHERS_H_
