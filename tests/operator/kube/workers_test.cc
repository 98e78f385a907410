#include "operator/kube/workers.h"

#include <chrono>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace penstock::kube {
namespace {

// Counts what was worked on, and waits for it.
class WorkersTest : public ::testing::Test {
 protected:
  WorkOutcome done(const std::string& key) {
    const sync::MutexLock lock(mutex_);
    ++done_[key];
    changed_.notify_all();
    return {};
  }
  void await(const std::string& key, int times) {
    const sync::MutexLock lock(mutex_);
    while (done_[key] < times) {
      changed_.wait(mutex_);
    }
  }
  int count(const std::string& key) {
    const sync::MutexLock lock(mutex_);
    return done_[key];
  }

  clock::RealClock clock_;
  sync::Mutex mutex_;
  sync::Condition changed_;
  std::map<std::string, int> done_ PENSTOCK_GUARDED_BY(mutex_);
  Workers workers_{clock_, 1};
};

TEST_F(WorkersTest, KeysOfBeforeAndAfterTheStartAreWorkedOn) {
  workers_.add("a/x");
  workers_.start(2, [this](const std::string& key) { return done(key); });
  await("a/x", 1);
  workers_.add("a/y");
  workers_.add("a/z");
  await("a/y", 1);
  await("a/z", 1);
}

TEST_F(WorkersTest, WhatFailsComesBackAndWhatAsksForItToo) {
  workers_.start(1, [this](const std::string& key) {
    WorkOutcome outcome = done(key);
    outcome.succeeded = count(key) > 1;
    if (outcome.succeeded && count(key) < 4) {
      outcome.again_in = std::chrono::milliseconds(1);
    }
    return outcome;
  });
  workers_.add("a/x");
  await("a/x", 4);
}

TEST_F(WorkersTest, SuspendedTheyHandOutNothingAndForgetNothing) {
  workers_.suspend();
  workers_.start(2, [this](const std::string& key) { return done(key); });
  for (int i = 0; i < 100; ++i) {
    workers_.add("a/" + std::to_string(i));
  }
  EXPECT_EQ(count("a/0"), 0);
  workers_.resume();
  for (int i = 0; i < 100; ++i) {
    await("a/" + std::to_string(i), 1);
  }
}

TEST_F(WorkersTest, SuspendedForTwoReasonsTheyWaitForTheEndOfBoth) {
  workers_.suspend(Suspended::kFollowing);
  workers_.suspend(Suspended::kIncomplete);
  workers_.add("a/x");
  workers_.start(2, [this](const std::string& key) { return done(key); });
  workers_.resume(Suspended::kFollowing);
  workers_.suspend(Suspended::kFollowing);
  workers_.resume(Suspended::kIncomplete);
  EXPECT_EQ(workers_.waiting(), 1U);
  EXPECT_EQ(count("a/x"), 0);
  workers_.resume(Suspended::kFollowing);
  await("a/x", 1);
}

TEST_F(WorkersTest, OneKeyIsNeverWithTwo) {
  std::atomic<int> inside = 0;
  std::atomic<bool> together = false;
  workers_.start(4, [&](const std::string& key) {
    together = together || inside.fetch_add(1) > 0;
    const WorkOutcome outcome = done(key);
    inside.fetch_sub(1);
    return outcome;
  });
  for (int i = 1; i <= 1'000; ++i) {
    workers_.add("a/x");
  }
  await("a/x", 1);
  workers_.stop();
  EXPECT_FALSE(together);
}

TEST_F(WorkersTest, EndWithWorkLeft) {
  workers_.start(2, [this](const std::string& key) {
    WorkOutcome outcome = done(key);
    outcome.again_in = std::chrono::hours(1);
    return outcome;
  });
  workers_.add("a/later");
  await("a/later", 1);
  workers_.stop();
  EXPECT_EQ(count("a/later"), 1);
}

}  // namespace
}  // namespace penstock::kube
