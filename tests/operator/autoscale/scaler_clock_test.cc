#include <gtest/gtest.h>

#include "operator/autoscale/scaler.h"
#include "tests/operator/autoscale/sights.h"

// A wall clock that is set back.
namespace penstock::autoscale {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// A target whose replicas follow the decisions; each of which can be made again.
class ScalerClockTest : public testing::Test {
 protected:
  Decision look(Time now, double requests_per_s) {
    const Sight sight = serving(now, replicas_, requests_per_s / replicas_);
    last_ = scaler_.tick(sight);
    EXPECT_EQ(replay(last_), last_.decision);
    replicas_ = last_.decision.write.value_or(replicas_);
    return last_.decision;
  }

  void run(Time from, int seconds_long, double requests_per_s) {
    for (int second = 0; second < seconds_long; ++second) {
      look(from + seconds(second), requests_per_s);
    }
  }

  Scaler scaler_{"ns/a", settings()};
  int replicas_ = 4;
  DecisionRecord last_;
};

// For seconds a host's clock was an hour ahead.
TEST_F(ScalerClockTest, SetBackItBlindsNobody) {
  run(kMonday, 600, 30);
  run(kMonday + hours(1), 5, 30);
  const Time back = kMonday + seconds(605);
  run(back, 1, 30);
  EXPECT_EQ(last_.decision.conditions.at(1).reason, "Fresh");
  EXPECT_EQ(last_.inputs.observed.stable.requests, 30);
  EXPECT_EQ(last_.inputs.now_ms, ms_of(back));
  run(back + seconds(1), 40, 120);
  EXPECT_GE(replicas_, 15) << "it grows with the load";
}

TEST_F(ScalerClockTest, SetBackItShrinksNothingOnNoHistory) {
  run(kMonday, 600, 30);
  run(kMonday + hours(1), 5, 30);
  run(kMonday + seconds(605), 290, 0);
  EXPECT_EQ(replicas_, 4);
  run(kMonday + seconds(605 + 290), 600, 0);
  EXPECT_LT(replicas_, 4) << "a window later it does";
}

TEST_F(ScalerClockTest, WhoSetTheReplicasIsKnownStill) {
  run(kMonday + hours(1), 60, 30);
  replicas_ = 12;  // by a person
  look(kMonday + hours(1) + seconds(60), 30);
  ASSERT_EQ(last_.decision.withheld, Withheld::kManualOverride);
  look(kMonday, 30);
  EXPECT_EQ(last_.decision.withheld, Withheld::kManualOverride);
  run(kMonday + minutes(30) - seconds(1), 1, 30);
  EXPECT_EQ(last_.decision.withheld, Withheld::kManualOverride);
  look(kMonday + minutes(30), 30);
  EXPECT_EQ(last_.decision.withheld, Withheld::kNo) << "for no longer than it would";
}

TEST_F(ScalerClockTest, ByAFewSecondsItStandsStill) {
  run(kMonday, 600, 30);
  const Time last = kMonday + seconds(599);
  look(last - seconds(5), 30);
  EXPECT_EQ(last_.inputs.now_ms, ms_of(last));
  EXPECT_GT(last_.inputs.observed.coverage, 0.9) << "nothing is forgotten";
  look(last - seconds(6), 30);
  EXPECT_LT(last_.inputs.observed.coverage, 0.1);
}

}  // namespace
}  // namespace penstock::autoscale
