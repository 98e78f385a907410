#include "operator/autoscale/forecast/seasonal_experts.h"

#include <array>

#include <gtest/gtest.h>

namespace penstock::forecast {
namespace {

History history_of(std::initializer_list<double> values) {
  History history(32);
  BinIndex bin = 0;
  for (const double value : values) {
    history.append(bin++, value);
  }
  return history;
}

TEST(SeasonalRatioTest, ComparesTheSameTimesASeasonAgo) {
  const SeasonalRatio seasonal{.season = 4, .width = 1};
  EXPECT_EQ(seasonal.ratio(History(4), 1), std::nullopt);
  EXPECT_EQ(seasonal.ratio(history_of({10, 20, 30, 40}), 4), std::nullopt);
  const History history = history_of({10, 20, 30, 40, 100});
  EXPECT_EQ(seasonal.ratio(history, 5), 2.0);
  EXPECT_EQ(seasonal.ratio(history, 6), 3.0);
  EXPECT_EQ(seasonal.naive(history, 6), 30.0);
}

TEST(SeasonalRatioTest, AveragesAroundBothTimes) {
  const SeasonalRatio seasonal{.season = 4, .width = 3};
  // Then: (10 + 20 + 30) / 3 around bin 1; next: (20 + 30 + 70) / 3 around bin 2.
  EXPECT_EQ(seasonal.ratio(history_of({10, 20, 30, 70, 1, 1}), 6), 2.0);
}

TEST(SeasonalRatioTest, IsBounded) {
  const SeasonalRatio seasonal{.season = 2, .width = 1};
  EXPECT_EQ(seasonal.ratio(history_of({1, 100, 1}), 3), 4.0);
  EXPECT_EQ(seasonal.ratio(history_of({100, 1, 100}), 3), 0.25);
  EXPECT_EQ(seasonal.ratio(history_of({0, 5, 1}), 3), 4.0);
  EXPECT_EQ(seasonal.ratio(history_of({0, 0, 1}), 3), 1.0);
}

// Days of two bins, from the epoch on, which was a Thursday.
constexpr WeekdayProfile::Shape kShape{
    .day = 2, .midnight = 0, .level_discount = 0.5, .day_weight = 0.5};

TEST(WeekdayProfileTest, ScalesTheMeanDayByTheLevelOfNow) {
  WeekdayProfile profile(kShape);
  EXPECT_EQ(profile.mean(0), std::nullopt);
  profile.observe(0, 10);
  profile.observe(1, 20);
  EXPECT_EQ(profile.mean(2), 10.0);
  EXPECT_EQ(profile.forecast(2), std::nullopt);
  // Twice the 10 of the day before.
  profile.observe(2, 20);
  EXPECT_EQ(profile.forecast(3), 40.0);
  EXPECT_EQ(profile.mean(4), 15.0);
  // Values 0.5 · 20 + 40, means 0.5 · 10 + 20: still twice.
  profile.observe(3, 40);
  EXPECT_EQ(profile.mean(5), 30.0);
  EXPECT_EQ(profile.forecast(4), 30.0);
}

TEST(WeekdayProfileTest, WeekendsAreAClassOfTheirOwnOnceSeen) {
  WeekdayProfile profile(kShape);
  const std::array<double, 4> thursday_and_friday = {10, 20, 10, 20};
  for (std::size_t bin = 0; bin < thursday_and_friday.size(); ++bin) {
    profile.observe(static_cast<BinIndex>(bin), thursday_and_friday.at(bin));
  }
  EXPECT_EQ(profile.mean(4), 10.0);
  profile.observe(4, 2);  // Saturday
  EXPECT_EQ(profile.mean(6), 2.0);
  EXPECT_EQ(profile.mean(7), 20.0);  // no evening of a weekend yet
  EXPECT_EQ(profile.mean(8), 10.0);
}

TEST(WeekdayProfileTest, DaysBeginWhereTheOffsetSays) {
  WeekdayProfile::Shape shape = kShape;
  shape.midnight = 1;
  WeekdayProfile profile(shape);
  profile.observe(3, 7);  // Friday's second bin; half a day further east it is Saturday
  profile.observe(1, 9);
  EXPECT_EQ(profile.mean(5), 7.0);  // Sunday there
  EXPECT_EQ(profile.mean(7), 9.0);  // Monday there
}

TEST(WeekdayProfileTest, ALevelOfNothingIsNoLevel) {
  WeekdayProfile profile(kShape);
  for (BinIndex bin = 0; bin < 4; ++bin) {
    profile.observe(bin, 0);
  }
  EXPECT_EQ(profile.forecast(4), std::nullopt);
  EXPECT_EQ(profile.mean(4), 0.0);
}

}  // namespace
}  // namespace penstock::forecast
