#include "lib/sync/mutex.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::sync {
namespace {

class Tally {
 public:
  void add() PENSTOCK_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  int wait_for(int count) PENSTOCK_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (count_ < count) {
      changed_.wait(mutex_);
    }
    return count_;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  int count_ PENSTOCK_GUARDED_BY(mutex_) = 0;
};

TEST(MutexTest, NoUpdateIsLostAndTheWaiterSeesTheLast) {
  Tally tally;
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&tally] {
      for (int i = 0; i < 1000; ++i) {
        tally.add();
      }
    });
  }
  EXPECT_EQ(tally.wait_for(4000), 4000);
}

TEST(MutexTest, TryLockFailsWhileAnotherThreadHoldsIt) {
  Mutex mutex;
  bool taken = true;
  {
    const MutexLock lock(mutex);
    std::jthread other([&] {
      if (mutex.try_lock()) {
        mutex.unlock();
      } else {
        taken = false;
      }
    });
  }
  EXPECT_FALSE(taken);
}

TEST(MutexTest, WhoSleepsWithOthersIsWokenToo) {
  Mutex mutex;
  std::atomic<int> at_the_door{0};
  int inside = 0;
  {
    std::vector<std::jthread> sleepers;
    const MutexLock lock(mutex);
    for (int i = 0; i < 8; ++i) {
      sleepers.emplace_back([&] {
        ++at_the_door;
        const MutexLock own(mutex);
        ++inside;
      });
    }
    while (at_the_door < 8) {
      std::this_thread::yield();
    }
    EXPECT_EQ(inside, 0);
  }
  // The scope let go of the mutex and joined: one wake-up lost, and the test does not end.
  EXPECT_EQ(inside, 8);
}

}  // namespace
}  // namespace penstock::sync
