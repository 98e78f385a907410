#include "operator/controllers/reminders.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::controllers {
namespace {

using std::chrono::seconds;

class RemindersTest : public ::testing::Test {
 protected:
  bool is_due(std::int64_t second, const char* hash = "1", const char* pod = "ns/a") {
    return reminders_.is_due(pod, hash, clock::Instant{} + seconds(second));
  }

  Reminders reminders_;
};

TEST_F(RemindersTest, APodThatLagsIsToldLessAndLessOften) {
  std::vector<std::int64_t> told;
  for (std::int64_t second = 0; second <= 200; ++second) {
    if (is_due(second)) {
      told.push_back(second);
    }
  }
  // A second after it was first seen, then 2, 4, 8, 16, 32 later, then each 60.
  EXPECT_EQ(told, (std::vector<std::int64_t>{1, 3, 7, 15, 31, 63, 123, 183}));
}

TEST_F(RemindersTest, AnotherVersionBeginsAnew) {
  EXPECT_FALSE(is_due(0));
  EXPECT_TRUE(is_due(1));
  EXPECT_FALSE(is_due(2, "2")) << "it was only just told of that one";
  EXPECT_TRUE(is_due(3, "2"));
  EXPECT_FALSE(is_due(4, "2"));
  EXPECT_TRUE(is_due(5, "2"));
}

TEST_F(RemindersTest, PodsDoNotWaitForEachOther) {
  EXPECT_FALSE(is_due(0));
  EXPECT_FALSE(is_due(1, "1", "ns/b"));
  EXPECT_TRUE(is_due(1));
  EXPECT_TRUE(is_due(2, "1", "ns/b"));
}

TEST_F(RemindersTest, APodThatWasNotAskedAboutForLongBeginsAnew) {
  EXPECT_FALSE(is_due(0));
  EXPECT_TRUE(is_due(1));        // due again at 3
  EXPECT_TRUE(is_due(3 + 120));  // the last moment at which it is remembered; again at 127
  EXPECT_FALSE(is_due(127 + 121)) << "caught up meanwhile, or gone";
  EXPECT_TRUE(is_due(127 + 122));
}

}  // namespace
}  // namespace penstock::controllers
