#include "operator/autoscale/starts.h"

#include <gtest/gtest.h>

#include "operator/autoscale/inputs.h"
#include "tests/operator/autoscale/sights.h"

namespace penstock::autoscale {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// So many pods, none of which serves.
Sight starting(Time now, Time created, int pods) {
  Sight sight = serving(now, pods, 0);
  for (PodSight& pod : sight.pods) {
    pod.created = created;
    pod.ready_since.reset();
    pod.signals.reset();
  }
  return sight;
}

// The same pods, ready.
Sight ready(Time now, Time created, int pods) {
  Sight sight = starting(now, created, pods);
  for (PodSight& pod : sight.pods) {
    pod.ready_since = now;
  }
  return sight;
}

class StartsTest : public testing::Test {
 protected:
  void look(const Sight& sight) { starts_.look(sight, lead_times_); }
  [[nodiscard]] std::size_t measured() const { return lead_times_.samples(); }

  LeadTimes lead_times_;
  Starts starts_;
};

TEST_F(StartsTest, AStartIsFromCreationUntilItServes) {
  look(serving(kMonday, 0, 0));
  const Time created = kMonday + seconds(5);
  look(starting(kMonday + seconds(6), created, 3));
  look(ready(kMonday + seconds(95), created, 3));
  look(ready(kMonday + seconds(96), created, 3));
  EXPECT_EQ(measured(), 3U) << "once each";
  EXPECT_EQ(lead_times_.quantile(1).duration, seconds(90));
}

TEST_F(StartsTest, PodsThatServedBeforeAreNoStarts) {
  look(ready(kMonday, kMonday - hours(20), 3));
  look(starting(kMonday + seconds(1), kMonday - hours(20), 3));
  EXPECT_TRUE(starts_.starting().empty());
  look(ready(kMonday + seconds(2), kMonday - hours(20), 3));
  EXPECT_EQ(measured(), 0U);
}

TEST_F(StartsTest, WhatIsFoundUnreadyMayHaveServedBefore) {
  look(starting(kMonday, kMonday - hours(5), 3));
  look(ready(kMonday + minutes(1), kMonday - hours(5), 3));
  EXPECT_EQ(measured(), 0U);
}

TEST_F(StartsTest, WhatIsFoundYoungIsAStart) {
  look(starting(kMonday, kMonday - Starts::kYoung, 1));
  look(ready(kMonday + minutes(1), kMonday - Starts::kYoung, 1));
  EXPECT_EQ(measured(), 1U);
}

TEST_F(StartsTest, WhatWasMadeWhileNobodyLookedIsAStart) {
  look(serving(kMonday, 0, 0));
  look(starting(kMonday + minutes(9), kMonday + minutes(2), 1));
  look(ready(kMonday + minutes(12), kMonday + minutes(2), 1));
  EXPECT_EQ(measured(), 1U);
  EXPECT_EQ(starts_.starting(), std::vector<TimedCount>());
}

TEST_F(StartsTest, AnotherPodOfTheSameNameIsAnother) {
  look(ready(kMonday, kMonday - hours(5), 1));
  look(starting(kMonday + seconds(1), kMonday + seconds(1), 1));
  EXPECT_EQ(starts_.starting(), (std::vector<TimedCount>{{ms_of(kMonday + seconds(1)), 1}}));
  look(ready(kMonday + minutes(1), kMonday + seconds(1), 1));
  EXPECT_EQ(measured(), 1U);
}

TEST_F(StartsTest, ReplicasWithoutAPodStartSinceTheyAreMissed) {
  Sight sight = serving(kMonday, 1, 1);
  look(sight);
  sight.replicas = 5;
  for (int second = 1; second < 60; ++second) {
    sight.now = kMonday + seconds(second);
    look(sight);
    EXPECT_EQ(starts_.starting(), (std::vector<TimedCount>{{ms_of(kMonday + seconds(1)), 4}}));
  }
  sight.now = kMonday + seconds(60);
  sight.replicas = 7;
  look(sight);
  EXPECT_EQ(starts_.starting(), (std::vector<TimedCount>{{ms_of(kMonday + seconds(1)), 4},
                                                         {ms_of(kMonday + seconds(60)), 2}}));
  sight.replicas = 4;
  look(sight);
  EXPECT_EQ(starts_.starting(), (std::vector<TimedCount>{{ms_of(kMonday + seconds(1)), 3}}));
  sight.replicas = 1;
  look(sight);
  EXPECT_TRUE(starts_.starting().empty());
}

// A pod that is evicted again and again hides nothing of those that never came.
TEST_F(StartsTest, APodThatComesBackIsNotTheOneThatIsMissing) {
  Sight all = serving(kMonday, 2, 1);
  all.replicas = 3;
  look(all);
  for (int second = 1; second < 100; ++second) {
    Sight sight = serving(kMonday + seconds(second), 1 + second % 2, 1);
    sight.replicas = 3;
    look(sight);
  }
  EXPECT_EQ(starts_.starting(), (std::vector<TimedCount>{{ms_of(kMonday), 1}}));
}

TEST_F(StartsTest, MomentsAreBounded) {
  const int most = Starts::kAskedMax;
  Sight sight = serving(kMonday, 0, 0);
  for (int asked = 1; asked <= most + 10; ++asked) {
    sight.now = kMonday + seconds(asked);
    sight.replicas = asked;
    look(sight);
  }
  ASSERT_EQ(starts_.starting().size(), Starts::kAskedMax);
  EXPECT_EQ(starts_.starting().back().replicas, 11);
  look(starting(kMonday + hours(1), kMonday, 0));
  EXPECT_TRUE(starts_.starting().empty());
}

TEST_F(StartsTest, NothingWasAskedForAtATimeThatIsYetToCome) {
  Sight sight = serving(kMonday + hours(1), 0, 0);
  sight.replicas = 2;
  look(sight);
  starts_.set_back(kMonday);
  sight.now = kMonday;
  look(sight);
  EXPECT_EQ(starts_.starting(), (std::vector<TimedCount>{{ms_of(kMonday), 2}}));
}

}  // namespace
}  // namespace penstock::autoscale
