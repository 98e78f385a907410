#include "operator/kube/timestamp.h"

#include <gtest/gtest.h>

namespace penstock::kube {
namespace {

TEST(TimestampTest, WhatIsWrittenIsReadAgain) {
  using namespace std::chrono_literals;
  const clock::WallTime time =
      std::chrono::sys_days(std::chrono::year(2026) / 2 / 28) + 23h + 59min + 58s;
  EXPECT_EQ(timestamp(time), "2026-02-28T23:59:58Z");
  EXPECT_EQ(time_of("2026-02-28T23:59:58Z"), time);
}

TEST(TimestampTest, WhatIsNoTimeIsNothing) {
  for (const char* text : {"", "2026-02-28", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
                           "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:00+",
                           "2O26-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z"}) {
    EXPECT_FALSE(time_of(text)) << text;
  }
}

}  // namespace
}  // namespace penstock::kube
