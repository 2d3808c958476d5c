#include "orchestrator/fleet/stage_addresses.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(StageAddressesTest, ParsesReplicasNamedOneByOne) {
  const auto parsed = ParseStageAddresses("train=10.0.0.1:50051,host-2:65535");
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->stage, "train");
  EXPECT_THAT(parsed->replicas, ElementsAre(HostPort{"10.0.0.1", 50051},
                                            HostPort{"host-2", 65535}));
  EXPECT_THAT(parsed->dns_names, IsEmpty());
}

TEST(StageAddressesTest, ParsesADnsName) {
  const auto parsed = ParseStageAddresses("train=dns:///train.prod.svc:50051");
  ASSERT_OK(parsed);
  EXPECT_THAT(parsed->dns_names,
              ElementsAre(HostPort{"train.prod.svc", 50051}));
  EXPECT_THAT(parsed->replicas, IsEmpty());
}

TEST(StageAddressesTest, ParsesIpv6InBrackets) {
  const auto parsed = ParseStageAddresses("train=[::1]:1,dns:///a:2");
  ASSERT_OK(parsed);
  EXPECT_THAT(parsed->replicas, ElementsAre(HostPort{"::1", 1}));
  EXPECT_EQ(parsed->replicas[0].ToString(), "[::1]:1");
  EXPECT_EQ(parsed->dns_names[0].ToString(), "a:2");
}

struct BadText {
  const char* text;
  const char* problem;
};

TEST(StageAddressesTest, SaysWhatIsWrongAndWhatWouldBeRight) {
  const BadText kBad[] = {
      {"train=", "names no address"},
      {"train", "expected NAME=ADDRESS"},
      {"", "names no address"},
      {"=a:1", "name of stage"},
      {"Train=a:1", "name of stage"},
      {"train=a", "the port is missing"},
      {"train=a:", "\"\" is not a port"},
      {"train=a:0", "\"0\" is not a port"},
      {"train=a:65536", "number from 1 to 65535"},
      {"train=a:-1", "\"-1\" is not a port"},
      {"train=a:+1", "\"+1\" is not a port"},
      {"train=a:99999999999999999999", "is not a port"},
      {"train=:1", "the host is missing"},
      {"train=a b:1", "\"a b\" is not a host"},
      {"train=a:1,", "it is empty"},
      {"train=a:1,,b:1", "it is empty"},
      {"train=::1:50051", "stands in brackets"},
      {"train=[::1", "\"]\" is missing"},
      {"train=[::1]", "the port is missing"},
      {"train=[a]:1", "not an IPv6 address"},
      {"train=http://a:1", "not supported"},
      {"train=dns://8.8.8.8/a:1", "not supported"},
      {"train=dns:///a", "the port is missing"},
      {"train=a:1,a:1", "it is there twice"},
  };
  for (const BadText& bad : kBad) {
    EXPECT_THAT(ParseStageAddresses(bad.text),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(bad.problem))))
        << bad.text;
  }
}

TEST(StageAddressesTest, NamesTheStageOfABadAddress) {
  EXPECT_THAT(ParseStageAddresses("train=a:x"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("stage \"train\""),
                             HasSubstr("address \"a:x\""))));
}

TEST(StageAddressesTest, ParsesEveryStage) {
  const auto parsed = ParseAllStageAddresses({"load=a:1", "train=b:2"});
  ASSERT_OK(parsed);
  ASSERT_EQ(parsed->size(), 2);
  EXPECT_EQ((*parsed)[1].stage, "train");
}

TEST(StageAddressesTest, RefusesAStageThatIsThereTwice) {
  EXPECT_THAT(ParseAllStageAddresses({"load=a:1", "load=b:2"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("\"load\" is there twice")));
}

}  // namespace
}  // namespace stagecoach
