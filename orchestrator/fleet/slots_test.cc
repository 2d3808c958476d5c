#include "orchestrator/fleet/slots.h"

#include <functional>
#include <map>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stagecoach {
namespace {

using testing::ElementsAre;
using testing::IsNull;
using testing::NotNull;

constexpr absl::Duration kNow = absl::Seconds(100);

ReplicaSlots Replica(int slots, int used, bool serving = true,
                     bool refused = false) {
  ReplicaSlots replica;
  replica.slots = slots;
  replica.used = used;
  replica.serving = serving;
  replica.refused_until =
      refused ? kNow + absl::Nanoseconds(1) : -absl::InfiniteDuration();
  return replica;
}

// Takes `count` slots and says whose they were.
std::vector<std::string> TakeMany(StageSlots& slots, int count) {
  std::vector<std::string> taken;
  for (int i = 0; i < count; ++i) {
    const std::string* address = slots.Take(kNow);
    taken.push_back(address == nullptr ? "none" : *address);
  }
  return taken;
}

StageSlots ServingSlots(const std::map<std::string, int>& slots_by_address) {
  StageSlots slots;
  for (const auto& [address, count] : slots_by_address) {
    slots.Add(address);
    slots.Update(address, /*serving=*/true, count);
  }
  return slots;
}

// Every replica that matters: each combination of up to 2 slots, one used
// more than there are, serving or not, refused or not.
std::vector<ReplicaSlots> EveryReplica() {
  std::vector<ReplicaSlots> every;
  for (int slots = 0; slots <= 2; ++slots) {
    for (int used = 0; used <= slots + 1; ++used) {
      every.push_back(Replica(slots, used));
      every.push_back(Replica(slots, used, /*serving=*/false));
      every.push_back(Replica(slots, used, true, /*refused=*/true));
    }
  }
  return every;
}

// The rule, said in the plainest way.
bool IsRightPick(const std::vector<ReplicaSlots>& replicas, size_t last,
                 size_t picked) {
  const auto part = [](const ReplicaSlots& replica) {
    return static_cast<double>(replica.used) / replica.slots;
  };
  for (size_t step = 1; step <= replicas.size(); ++step) {
    const size_t i = (last + step) % replicas.size();
    if (i == picked || !HasFreeSlot(replicas[i], kNow)) continue;
    if (picked == replicas.size()) return false;
    if (part(replicas[i]) < part(replicas[picked])) return false;
    if (part(replicas[i]) > part(replicas[picked])) continue;
    if (replicas[i].used < replicas[picked].used) return false;
    if (replicas[i].used > replicas[picked].used) continue;
    const size_t step_of_picked =
        (picked + replicas.size() - last - 1) % replicas.size() + 1;
    if (step < step_of_picked) return false;
  }
  return picked == replicas.size() || HasFreeSlot(replicas[picked], kNow);
}

TEST(PickLeastBusyTest, PicksAsTheRuleSaysForEveryTripleOfReplicas) {
  const std::vector<ReplicaSlots> every = EveryReplica();
  int checked = 0;
  for (const ReplicaSlots& a : every) {
    for (const ReplicaSlots& b : every) {
      for (const ReplicaSlots& c : every) {
        const std::vector<ReplicaSlots> replicas = {a, b, c};
        for (size_t last = 0; last < 3; ++last) {
          const size_t picked = PickLeastBusy(replicas, last, kNow);
          if (!IsRightPick(replicas, last, picked)) {
            FAIL() << "picked " << picked << " after " << last << " from "
                   << a.used << "/" << a.slots << " " << b.used << "/"
                   << b.slots << " " << c.used << "/" << c.slots;
          }
          ++checked;
        }
      }
    }
  }
  EXPECT_EQ(checked, 27 * 27 * 27 * 3);
}

TEST(PickLeastBusyTest, PicksNothingFromNothing) {
  EXPECT_EQ(PickLeastBusy({}, 0, kNow), 0);
}

TEST(PickLeastBusyTest, TakesAnIndexThatIsBeyondTheEnd) {
  const std::vector<ReplicaSlots> replicas = {Replica(1, 0), Replica(1, 0)};
  EXPECT_EQ(PickLeastBusy(replicas, 7, kNow), 0);
}

TEST(HasFreeSlotTest, RefusalEndsExactlyAtItsTime) {
  ReplicaSlots replica = Replica(1, 0);
  replica.refused_until = kNow;
  EXPECT_FALSE(HasFreeSlot(replica, kNow - absl::Nanoseconds(1)));
  EXPECT_TRUE(HasFreeSlot(replica, kNow));
}

TEST(StageSlotsTest, SpreadsExecutionsOverEqualReplicas) {
  StageSlots slots = ServingSlots({{"a", 2}, {"b", 2}, {"c", 2}});
  std::vector<std::string> taken = TakeMany(slots, 3);
  EXPECT_THAT(taken, testing::UnorderedElementsAre("a", "b", "c"));
  taken = TakeMany(slots, 4);
  EXPECT_EQ(taken.back(), "none");
}

TEST(StageSlotsTest, GivesALargerReplicaItsShare) {
  StageSlots slots = ServingSlots({{"large", 3}, {"small", 1}});
  EXPECT_THAT(TakeMany(slots, 5),
              testing::UnorderedElementsAre("large", "large", "large", "small",
                                            "none"));
}

TEST(StageSlotsTest, AlternatesWhenEverySlotIsGivenBackAtOnce) {
  StageSlots slots = ServingSlots({{"a", 1}, {"b", 1}});
  std::vector<std::string> taken;
  for (int i = 0; i < 4; ++i) {
    taken.push_back(*slots.Take(kNow));
    slots.Release(taken.back(), kNow);
  }
  EXPECT_NE(taken[0], taken[1]);
  EXPECT_THAT(taken, ElementsAre(taken[0], taken[1], taken[0], taken[1]));
}

TEST(StageSlotsTest, ANewMemberIsGivenNothingUntilItServes) {
  StageSlots slots;
  slots.Add("a");
  EXPECT_THAT(slots.Take(kNow), IsNull());
  EXPECT_FALSE(slots.HasServing());
  slots.Update("a", /*serving=*/true, 1);
  EXPECT_THAT(slots.Take(kNow), NotNull());
}

TEST(StageSlotsTest, AddingAMemberAgainChangesNothing) {
  StageSlots slots = ServingSlots({{"a", 1}});
  slots.Add("a");
  EXPECT_TRUE(slots.HasFree(kNow));
}

TEST(StageSlotsTest, KeepsARefusedReplicaOutUntilTheRefusalEnds) {
  StageSlots slots = ServingSlots({{"a", 1}});
  slots.Take(kNow);
  slots.Release("a", kNow + absl::Seconds(1));
  EXPECT_THAT(slots.Take(kNow), IsNull());
  EXPECT_TRUE(slots.HasServing());
  EXPECT_EQ(slots.NextRefusalEnd(kNow), kNow + absl::Seconds(1));
  EXPECT_THAT(slots.Take(kNow + absl::Seconds(1)), NotNull());
  EXPECT_EQ(slots.NextRefusalEnd(kNow + absl::Seconds(1)),
            absl::InfiniteDuration());
}

TEST(StageSlotsTest, AnEarlierRefusalThatLastsLongerStands) {
  StageSlots slots = ServingSlots({{"a", 2}});
  slots.Take(kNow);
  slots.Take(kNow);
  slots.Release("a", kNow + absl::Seconds(5));
  slots.Release("a", kNow + absl::Seconds(1));
  EXPECT_EQ(slots.NextRefusalEnd(kNow), kNow + absl::Seconds(5));
}

TEST(StageSlotsTest, CountsAJoinedExecutionOnAReplicaThatIsNotKnownYet) {
  StageSlots slots;
  slots.TakeAt("a");
  EXPECT_EQ(slots.Totals().used, 1);
  slots.Add("a");
  slots.Update("a", /*serving=*/true, 1);
  EXPECT_THAT(slots.Take(kNow), IsNull());
  slots.Release("a", kNow);
  EXPECT_THAT(slots.Take(kNow), NotNull());
}

TEST(StageSlotsTest, ForgetsARemovedReplicaOnlyAfterItsLastExecution) {
  StageSlots slots = ServingSlots({{"a", 2}, {"b", 2}});
  slots.TakeAt("a");
  slots.Remove("a");
  slots.Remove("b");
  EXPECT_THAT(slots.Find("a"), NotNull());
  EXPECT_THAT(slots.Find("b"), IsNull());
  EXPECT_FALSE(slots.HasFree(kNow));
  slots.Release("a", kNow);
  EXPECT_THAT(slots.Find("a"), IsNull());
}

TEST(StageSlotsTest, ARemovedReplicaThatStillWorksCannotBeMadeToServe) {
  StageSlots slots = ServingSlots({{"a", 2}});
  slots.TakeAt("a");
  slots.Remove("a");
  slots.Update("a", /*serving=*/true, 2);
  EXPECT_FALSE(slots.HasServing());
}

TEST(StageSlotsTest, GivesOneNoticePerFailedTake) {
  StageSlots slots = ServingSlots({{"a", 1}});
  EXPECT_TRUE(slots.TakeNotice(kNow));  // the first replica there is
  EXPECT_FALSE(slots.TakeNotice(kNow));
  slots.Take(kNow);
  slots.Release("a", kNow);
  EXPECT_FALSE(slots.TakeNotice(kNow)) << "nobody was left without";
  TakeMany(slots, 2);
  EXPECT_FALSE(slots.TakeNotice(kNow)) << "there is still no slot";
  slots.Release("a", kNow);
  EXPECT_TRUE(slots.TakeNotice(kNow));
  EXPECT_FALSE(slots.TakeNotice(kNow));
}

TEST(StageSlotsTest, TotalsCountFreeSlotsOfServingReplicasOnly) {
  StageSlots slots = ServingSlots({{"a", 3}, {"b", 5}});
  slots.TakeAt("a");
  slots.TakeAt("b");
  slots.Update("b", /*serving=*/false, 5);
  EXPECT_EQ(slots.Totals().free, 2);
  EXPECT_EQ(slots.Totals().used, 2);
}

// Walks every sequence of steps of a given length, and after each step holds
// the bookkeeping against a count by address.
class EverySequence {
 public:
  static constexpr int kLength = 5;

  void Run() { Walk(ServingSlots({{"a", 1}, {"b", 2}}), {}, 0); }
  int walked() const { return walked_; }

 private:
  using Counts = std::map<std::string, int>;  // address -> executions there

  void Walk(const StageSlots& slots, const Counts& counts, int depth) {
    Check(slots, counts);
    if (depth == kLength) {
      ++walked_;
      return;
    }
    for (const char* address : {"a", "b", "c"}) {
      Try(slots, counts, depth, [&](StageSlots& next, Counts& count) {
        next.TakeAt(address);
        ++count[address];
      });
      Try(slots, counts, depth, [&](StageSlots& next, Counts& count) {
        if (count[address] == 0) return;
        next.Release(address, kNow);
        --count[address];
      });
      Try(slots, counts, depth, [&](StageSlots& next, Counts&) {
        next.Find(address) == nullptr ? next.Add(address)
                                      : next.Remove(address);
      });
    }
    Try(slots, counts, depth, [](StageSlots& next, Counts& count) {
      if (const std::string* taken = next.Take(kNow)) ++count[*taken];
    });
  }

  void Try(const StageSlots& slots, const Counts& counts, int depth,
           const std::function<void(StageSlots&, Counts&)>& step) {
    StageSlots next = slots;
    Counts next_counts = counts;
    step(next, next_counts);
    Walk(next, next_counts, depth + 1);
  }

  void Check(const StageSlots& slots, const Counts& counts) {
    int used = 0;
    for (const auto& [address, count] : counts) {
      const ReplicaSlots* replica = slots.Find(address);
      ASSERT_EQ(replica == nullptr ? 0 : replica->used, count) << address;
      used += count;
    }
    ASSERT_EQ(slots.Totals().used, used);
    int free = 0;
    for (const ReplicaSlots& replica : slots.replicas()) {
      if (replica.serving && replica.slots > replica.used) {
        free += replica.slots - replica.used;
      }
      ASSERT_EQ(slots.Find(replica.address), &replica);
      ASSERT_TRUE(replica.member || replica.used > 0) << replica.address;
    }
    ASSERT_EQ(slots.Totals().free, free);
  }

  int walked_ = 0;
};

TEST(StageSlotsTest, NeverLosesCountInAnySequenceOfSteps) {
  EverySequence every;
  every.Run();
  EXPECT_EQ(every.walked(), 100'000);
}

}  // namespace
}  // namespace stagecoach
