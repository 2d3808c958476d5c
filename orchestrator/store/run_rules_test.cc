#include "orchestrator/store/run_rules.h"

#include <limits>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "orchestrator/store/store_test_support.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

// Sets every field of `message`, so that one which gets lost is missed.
void FillScalar(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(&message, &field, field.name());
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(&message, &field, field.number());
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(&message, &field, field.number());
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnumValue(&message, &field, 1);
    default:
      FAIL() << "teach this test the type of " << field.full_name();
  }
}

void FillFields(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.is_repeated()) {
      reflection.AddMessage(&message, &field);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      reflection.MutableMessage(&message, &field);
    } else {
      FillScalar(message, field);
    }
  }
}

TEST(RunRulesTest, TheBodyOfARunHasAllButPipelineAndSteps) {
  v1::Run run;
  FillFields(run);
  const v1::Run body = RunBody(run);
  run.clear_pipeline();
  run.clear_steps();
  EXPECT_THAT(body, EqualsProto(run));
}

TEST(RunRulesTest, TheSummaryOfAStepHasAllButWhatIsLarge) {
  v1::Step step;
  FillFields(step);
  const v1::Step summary = StepSummary(step);
  step.clear_attempts();
  step.clear_outputs();
  step.clear_progress();
  EXPECT_THAT(summary, EqualsProto(step));
}

TEST(RunRulesTest, TheSummaryOfAStepSaysWhatTheCacheHadButNotItsKey) {
  v1::Step step;
  v1::CacheLookup& cache = *step.mutable_cache();
  FillFields(cache);
  const v1::Step summary = StepSummary(step);
  cache.clear_key();
  cache.clear_key_parts();
  EXPECT_THAT(summary, EqualsProto(step));
}

TEST(RunRulesTest, AnUnsetTimeStaysUnset) {
  EXPECT_THAT(RunBody(v1::Run()), EqualsProto(v1::Run()));
  EXPECT_THAT(StepSummary(v1::Step()), EqualsProto(v1::Step()));
}

TEST(RunRulesTest, PageTokensComeBackAsTheyWere) {
  for (const int64_t nanos : {std::numeric_limits<int64_t>::min(), int64_t{0},
                              int64_t{1'700'000'000'123'456'789}}) {
    RunFilter filter;
    filter.page_token = FormatPageToken({.create_nanos = nanos, .number = 77});
    const absl::StatusOr<RunPosition> start = StartOfPage(filter);
    ASSERT_OK(start);
    EXPECT_EQ(start->create_nanos, nanos);
    EXPECT_EQ(start->number, 77);
  }
}

TEST(RunRulesTest, RefusesEveryTokenThatItHasNotMade) {
  for (const char* token : {"x", "%%%", "MQ", "MS8", "MS9h", "MS8yLzM"}) {
    RunFilter filter;
    filter.page_token = token;
    EXPECT_THAT(StartOfPage(filter),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << token;
  }
}

}  // namespace
}  // namespace stagecoach
