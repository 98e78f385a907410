#include "lib/json/scalars.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace penstock::json {
namespace {

using std::chrono::milliseconds;

TEST(DurationTest, ReadsWhatGoReads) {
  struct Case {
    const char* text;
    std::int64_t ms;
  };
  for (const Case& test : {
           Case{"0", 0},
           Case{"0s", 0},
           Case{"300ms", 300},
           Case{"5m", 300'000},
           Case{"1h30m", 5'400'000},
           Case{"1.5h", 5'400'000},
           Case{"1m1s1ms", 61'001},
           Case{"2s1s", 3'000},
           Case{"0.25s", 250},
           Case{"1.0000s", 1'000},
           Case{"1000us", 1},
           Case{"1000000ns", 1},
           Case{"2000µs", 2},
           Case{"2000μs", 2},
           Case{"0.5ms500us", 1},
           Case{"87600h", 315'360'000'000},
       }) {
    const auto parsed = parse_duration(test.text);
    ASSERT_TRUE(parsed) << test.text << ": " << parsed.error().detail;
    EXPECT_EQ(parsed->count(), test.ms) << test.text;
  }
}

TEST(DurationTest, RefusesEverythingElseAndSaysWhatIsRight) {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const Case& test : {
           Case{"", "300ms, 5m or 1h30m"},
           Case{"5", "unit"},
           Case{"5 m", "unit"},
           Case{"-5m", "negative"},
           Case{"1h-5m", "negative"},
           Case{"+5m", "must be a duration"},
           Case{"m", "must be a duration"},
           Case{"1.m", "must be a duration"},
           Case{".5s", "must be a duration"},
           Case{"5d", "unit"},
           Case{"5M", "unit"},
           Case{"1h 30m", "must be a duration"},
           Case{"100us", "whole number of milliseconds"},
           Case{"0.0001s", "whole number of milliseconds"},
           Case{"1ns", "milliseconds"},
           Case{"2562048h", "beyond"},
           Case{"99999999999999999999s", "beyond"},
           Case{"9223372036s999ms", "beyond"},
       }) {
    const auto parsed = parse_duration(test.text);
    ASSERT_FALSE(parsed) << test.text;
    EXPECT_NE(parsed.error().detail.find(test.says), std::string::npos)
        << test.text << ": " << parsed.error().detail;
  }
}

TEST(DurationTest, SpellsTheShortestTextThatReadsBack) {
  EXPECT_EQ(format_duration(milliseconds(0)), "0s");
  EXPECT_EQ(format_duration(milliseconds(300)), "300ms");
  EXPECT_EQ(format_duration(milliseconds(5'400'000)), "1h30m");
  EXPECT_EQ(format_duration(milliseconds(61'001)), "1m1s1ms");
  for (const std::int64_t ms : {1LL, 59'999LL, 60'000LL, 86'400'000LL, 123'456'789LL}) {
    EXPECT_EQ(parse_duration(format_duration(milliseconds(ms))), milliseconds(ms));
  }
}

TEST(QuantityTest, ReadsWhatKubernetesReads) {
  struct Case {
    const char* text;
    std::uint64_t value;
  };
  for (const Case& test : {
           Case{"0", 0},
           Case{"4096", 4096},
           Case{"1Ki", 1024},
           Case{"512Mi", 536'870'912},
           Case{"1Gi", 1'073'741'824},
           Case{"100k", 100'000},
           Case{"1.5G", 1'500'000'000},
           Case{"0.5Ki", 512},
           Case{"1.5Gi", 1'610'612'736},
           Case{"1e3", 1'000},
           Case{"12E6", 12'000'000},
           Case{"1e+2", 100},
           Case{"1E", 1'000'000'000'000'000'000},
           Case{"7Ei", 8'070'450'532'247'928'832ULL},
           Case{"1.000", 1},
           Case{"9223372036854775807", 9'223'372'036'854'775'807ULL},
           Case{"0.0009765625Ki", 1},
       }) {
    const auto parsed = parse_quantity(test.text);
    ASSERT_TRUE(parsed) << test.text << ": " << parsed.error().detail;
    EXPECT_EQ(parsed->value, test.value) << test.text;
  }
}

TEST(QuantityTest, RefusesEverythingElseAndSaysWhatIsRight) {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const Case& test : {
           Case{"", "512Mi"},
           Case{"Gi", "512Mi"},
           Case{"1 Gi", "512Mi"},
           Case{"1gi", "512Mi"},
           Case{"1GiB", "512Mi"},
           Case{"1K", "512Mi"},
           Case{"100m", "512Mi"},
           Case{"-1Gi", "negative"},
           Case{"+1", "512Mi"},
           Case{"1e", "512Mi"},
           Case{"1e99", "512Mi"},
           Case{"1e-3", "512Mi"},
           Case{"0x10", "512Mi"},
           Case{"0.5", "whole number"},
           Case{"0.3Ki", "whole number"},
           Case{"1.0001k", "whole"},
           Case{"8Ei", "beyond"},
           Case{"9223372036854775808", "beyond"},
           Case{"10E", "beyond"},
           Case{"99999999999999999999999", "beyond"},
       }) {
    const auto parsed = parse_quantity(test.text);
    ASSERT_FALSE(parsed) << test.text;
    EXPECT_NE(parsed.error().detail.find(test.says), std::string::npos)
        << test.text << ": " << parsed.error().detail;
  }
}

TEST(QuantityTest, SpellsTheShortestTextThatReadsBack) {
  EXPECT_EQ(format_quantity({0}), "0");
  EXPECT_EQ(format_quantity({1000}), "1000");
  EXPECT_EQ(format_quantity({1536}), "1536");
  EXPECT_EQ(format_quantity({64 * 1024}), "64Ki");
  EXPECT_EQ(format_quantity({1ULL << 30}), "1Gi");
}

TEST(PriceTest, HoldsPicodollarsPerTokenExactly) {
  struct Case {
    const char* text;
    std::int64_t picodollars;
  };
  for (const Case& test : {
           Case{"2.50", 2'500'000},
           Case{"0", 0},
           Case{"0.000001", 1},
           Case{"15", 15'000'000},
           Case{"0.075", 75'000},
           Case{"1000", 1'000'000'000},
           Case{"1000.000000", 1'000'000'000},
       }) {
    const auto parsed = parse_usd_per_million(test.text);
    ASSERT_TRUE(parsed) << test.text << ": " << parsed.error().detail;
    EXPECT_EQ(parsed->picodollars_per_token, test.picodollars) << test.text;
  }
  EXPECT_EQ(format_usd_per_million({2'500'000}), "2.5");
  EXPECT_EQ(format_usd_per_million({15'000'000}), "15");
  EXPECT_EQ(format_usd_per_million({1}), "0.000001");
}

TEST(PriceTest, RefusesAnotherUnitAndNamesTheRightOne) {
  for (const char* text : {"1000.000001", "2500", "99999999999999999999", "0.00000015", "2.5e0",
                           "$2.50", "2,50", "", ".5", "5.", "2.50 USD"}) {
    const auto parsed = parse_usd_per_million(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().detail.find("USD per 1 million tokens"), std::string::npos)
        << text << ": " << parsed.error().detail;
  }
  EXPECT_EQ(parse_usd_per_million("-1").error().detail, "must not be negative");
}

}  // namespace
}  // namespace penstock::json
