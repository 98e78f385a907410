#include "lib/zoneinfo/time_zone.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "lib/zoneinfo/zone_files.h"

namespace penstock::zoneinfo {
namespace {

using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;

std::string bytes_of(const char* name) {
  std::ifstream file(std::filesystem::path("/usr/share/zoneinfo") / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(TimeZoneTest, TheYearsOfTheFileAndThoseAfterThem) {
  const auto berlin = load_zone("Europe/Berlin");
  ASSERT_NE(berlin, nullptr);
  EXPECT_EQ(berlin->offset_at(sys_days(year(1890) / 1 / 1)), seconds(3'208)) << "the sun's own";
  EXPECT_EQ(berlin->offset_at(sys_days(year(1945) / 6 / 1)), hours(3)) << "double summer time";
  EXPECT_EQ(berlin->offset_at(sys_days(year(2026) / 1 / 1)), hours(1));
  EXPECT_EQ(berlin->offset_at(sys_days(year(2026) / 7 / 1)), hours(2));
  EXPECT_EQ(berlin->offset_at(sys_days(year(2100) / 1 / 1)), hours(1));
  EXPECT_EQ(berlin->offset_at(sys_days(year(2100) / 7 / 1)), hours(2));
}

TEST(TimeZoneTest, LocalTimesThatComeOnceTwiceOrNever) {
  const auto zone = load_zone("America/New_York");
  ASSERT_NE(zone, nullptr);
  const auto once = local_days(year(2026) / 7 / 1) + hours(12);
  EXPECT_EQ(zone->first(once), sys_days(year(2026) / 7 / 1) + hours(16));
  EXPECT_EQ(zone->last(once), zone->first(once));
  const auto twice = local_days(year(2026) / 11 / 1) + minutes(90);
  EXPECT_EQ(zone->first(twice), sys_days(year(2026) / 11 / 1) + minutes(330));
  EXPECT_EQ(zone->last(twice), sys_days(year(2026) / 11 / 1) + minutes(390));
  const auto never = local_days(year(2026) / 3 / 8) + minutes(150);
  EXPECT_EQ(zone->first(never), sys_days(year(2026) / 3 / 8) + hours(7));
  EXPECT_EQ(zone->last(never), zone->first(never));
}

TEST(TimeZoneTest, HalfAnHourOfSummerTime) {
  const auto zone = load_zone("Australia/Lord_Howe");
  ASSERT_NE(zone, nullptr);
  // 5 April 2026: 02:00 summer time (UTC+11) becomes 01:30 (UTC+10:30), at 15:00 UTC.
  const auto twice = local_days(year(2026) / 4 / 5) + minutes(105);
  EXPECT_EQ(zone->first(twice), sys_days(year(2026) / 4 / 4) + minutes(14 * 60 + 45));
  EXPECT_EQ(zone->last(twice), sys_days(year(2026) / 4 / 4) + minutes(15 * 60 + 15));
}

TEST(TimeZoneTest, ADayThatNeverCame) {
  const auto zone = load_zone("Pacific/Apia");  // 30 December 2011
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->first(local_days(year(2011) / 12 / 30) + hours(12)),
            sys_days(year(2011) / 12 / 30) + hours(10));
}

TEST(TimeZoneTest, AFileThatIsCutIsNone) {
  const std::string whole = bytes_of("Europe/Berlin");
  ASSERT_TRUE(TimeZone::parse(whole));
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    EXPECT_FALSE(TimeZone::parse(std::string_view(whole).substr(0, length))) << length;
  }
}

TEST(TimeZoneTest, BytesThatAreWrongAreRefusedOrHarmless) {
  const std::string whole = bytes_of("Europe/Berlin");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0x7f);
    if (const auto zone = TimeZone::parse(broken)) {
      static_cast<void>(zone->first(local_days(year(2026) / 3 / 29) + minutes(150)));
    }
  }
}

TEST(ZoneFilesTest, OnlyZonesAreFound) {
  EXPECT_NE(load_zone("UTC"), nullptr);
  EXPECT_NE(load_zone_from("/nowhere", "UTC"), nullptr);
  for (const char* name : {"", "Mars/Base", "../zoneinfo/UTC", "/usr/share/zoneinfo/UTC", "Europe",
                           "zone.tab", "tzdata.zi"}) {
    EXPECT_EQ(load_zone(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace penstock::zoneinfo
