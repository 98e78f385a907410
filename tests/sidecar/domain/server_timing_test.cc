#include "sidecar/domain/server_timing.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

using std::chrono::microseconds;

std::string shown(const ServerTiming& timing) {
  std::string out;
  append_server_timing(out, timing);
  return out;
}

TEST(ServerTimingTest, WritesMillisecondsInOrder) {
  EXPECT_EQ(shown({.queue = microseconds(0),
                   .cache = microseconds(12),
                   .connect = microseconds(1400),
                   .first_byte = microseconds(231007),
                   .total = microseconds(600'000'000)}),
            "queue;dur=0.000, cache;dur=0.012, connect;dur=1.400, first-byte;dur=231.007, "
            "total;dur=600000.000");
}

TEST(ServerTimingTest, LeavesOutWhatDidNotHappen) {
  EXPECT_EQ(shown({.cache = microseconds(5)}), "cache;dur=0.005");
  EXPECT_EQ(shown({.connect = microseconds(999), .total = microseconds(1000)}),
            "connect;dur=0.999, total;dur=1.000");
  EXPECT_EQ(shown({}), "");
}

TEST(ServerTimingTest, NeverWritesANegativeDuration) {
  EXPECT_EQ(shown({.queue = microseconds(-3)}), "queue;dur=0.000");
}

}  // namespace
}  // namespace penstock::domain
