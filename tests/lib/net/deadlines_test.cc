#include "lib/net/deadlines.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

void count(void* argument) {
  ++*static_cast<int*>(argument);
}

int ticks_until_due(DeadlineWheel& wheel, const int& fired, int limit) {
  for (int ticks = 1; ticks <= limit; ++ticks) {
    wheel.tick();
    if (fired != 0) {
      return ticks;
    }
  }
  return -1;
}

TEST(DeadlineWheelTest, IsNeverEarlyAndAtMostTwoTicksLate) {
  struct Case {
    milliseconds delay;
    int ticks;
  };
  for (const Case& test :
       {Case{milliseconds(0), 1}, Case{milliseconds(1), 2}, Case{milliseconds(250), 2},
        Case{milliseconds(251), 3}, Case{milliseconds(10'000), 41}}) {
    DeadlineWheel wheel;
    int fired = 0;
    Deadline deadline(&count, &fired);
    wheel.arm(deadline, test.delay);
    EXPECT_EQ(ticks_until_due(wheel, fired, 100), test.ticks) << test.delay.count();
  }
}

TEST(DeadlineWheelTest, DelaysBeyondOneTurnOfTheWheelAreKept) {
  DeadlineWheel wheel;
  int fired = 0;
  Deadline deadline(&count, &fired);
  wheel.arm(deadline, minutes(10));  // 2400 ticks, 2.3 turns
  EXPECT_EQ(ticks_until_due(wheel, fired, 5000), 2401);
}

TEST(DeadlineWheelTest, RearmingReplacesAndDisarmingStops) {
  DeadlineWheel wheel;
  int fired = 0;
  Deadline deadline(&count, &fired);
  wheel.arm(deadline, milliseconds(500));
  wheel.tick();
  wheel.arm(deadline, milliseconds(500));
  wheel.tick();
  wheel.tick();
  EXPECT_EQ(fired, 0);
  wheel.tick();
  EXPECT_EQ(fired, 1);
  wheel.arm(deadline, milliseconds(0));
  deadline.disarm();
  EXPECT_FALSE(deadline.armed());
  wheel.tick();
  EXPECT_EQ(fired, 1);
}

struct Victim {
  std::unique_ptr<Deadline> deadline;
  DeadlineWheel* wheel = nullptr;
  std::unique_ptr<Deadline>* other = nullptr;
  int fired = 0;
};

TEST(DeadlineWheelTest, ACalledFunctionMayDestroyOthersAndRearmItself) {
  DeadlineWheel wheel;
  Victim first;
  Victim second;
  const auto destroy_other_and_rearm = [](void* argument) {
    auto* victim = static_cast<Victim*>(argument);
    ++victim->fired;
    victim->other->reset();
    victim->wheel->arm(*victim->deadline, milliseconds(0));
  };
  first.deadline = std::make_unique<Deadline>(destroy_other_and_rearm, &first);
  second.deadline = std::make_unique<Deadline>(destroy_other_and_rearm, &second);
  first.wheel = &wheel;
  first.other = &second.deadline;
  wheel.arm(*first.deadline, milliseconds(0));
  wheel.arm(*second.deadline, milliseconds(0));
  wheel.tick();
  EXPECT_EQ(first.fired, 1);
  EXPECT_EQ(second.fired, 0);
  wheel.tick();
  EXPECT_EQ(first.fired, 2);
}

}  // namespace
}  // namespace penstock::net
