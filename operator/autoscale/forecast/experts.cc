#include "operator/autoscale/forecast/experts.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace penstock::forecast {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Spans, so that a bin's length does not change what an expert is. Chosen on days 1 to 5 of the
// trace and the first five sevenths of the other series, never on what the score is taken from.
constexpr seconds kFastSpan = minutes(10);
constexpr seconds kSlowSpan = minutes(40);
constexpr seconds kDriftSpan = minutes(8);
constexpr seconds kDriftDamping = minutes(60);
constexpr double kDriftTrend = 0.2;
constexpr seconds kHoltWintersSpan = hours(6);
constexpr seconds kHoltWintersDamping = minutes(90);
constexpr double kHoltWintersTrend = 0.05;
constexpr double kHoltWintersSeason = 0.4;
constexpr seconds kRegressionSpan = hours(72);
constexpr seconds kRefit = hours(1);
constexpr double kRidge = 0.1;
constexpr seconds kProfileLevelSpan = minutes(30);
constexpr double kProfileDay = 0.3;
// What a single short bin a season ago says is mostly noise.
constexpr seconds kSeasonWidth = minutes(10);

// No expert may say more than this many times the largest value of the history.
constexpr double kCeiling = 2;

// The weight of a new bin with which one that is `span` older counts 1/e of it.
double bin_weight(const Settings& settings, seconds span) {
  return 1 - std::exp(-std::chrono::duration<double>(settings.bin) / span);
}

int bins_in(const Settings& settings, seconds span) {
  return static_cast<int>(std::max<std::int64_t>(1, span / settings.bin));
}

HoltWinters::Smoothing holt_winters(const Settings& settings) {
  return {.level = bin_weight(settings, kHoltWintersSpan),
          .trend = kHoltWintersTrend,
          .season = kHoltWintersSeason,
          .phi = 1 - bin_weight(settings, kHoltWintersDamping)};
}

}  // namespace

std::string_view name(Expert expert) {
  constexpr std::array<std::string_view, kExperts> kNames = {
      "last value",        "fast smoothing", "slow smoothing",  "damped drift",
      "seasonal ratio",    "seasonal root",  "seasonal naive",  "Holt-Winters day",
      "Holt-Winters week", "autoregression", "weekday profile", "weekday mean"};
  return kNames.at(static_cast<std::size_t>(expert));
}

Experts::Experts(const Settings& settings, std::span<const int> horizons)
    : fast_(bin_weight(settings, kFastSpan)),
      slow_(bin_weight(settings, kSlowSpan)),
      drift_({.level = bin_weight(settings, kDriftSpan),
              .trend = kDriftTrend,
              .phi = 1 - bin_weight(settings, kDriftDamping)}),
      seasonal_{.season = bins_per_day(settings), .width = bins_in(settings, kSeasonWidth)},
      day_(bins_per_day(settings), holt_winters(settings)),
      autoregression_({.season = bins_per_day(settings),
                       .width = bins_in(settings, kSeasonWidth),
                       .discount = 1 - bin_weight(settings, kRegressionSpan),
                       .penalty = kRidge,
                       .refit = bins_in(settings, kRefit)},
                      horizons),
      profile_({.day = bins_per_day(settings),
                .midnight = settings.utc_offset / settings.bin,
                .level_discount = 1 - bin_weight(settings, kProfileLevelSpan),
                .day_weight = kProfileDay}),
      history_(autoregression_.capacity()) {
  if (settings.weekly) {
    week_.emplace(7 * bins_per_day(settings), holt_winters(settings));
  }
}

void Experts::observe(BinIndex bin, std::optional<double> value) {
  history_.append(bin, value);
  if (!value) {
    return;
  }
  fast_.observe(*value);
  slow_.observe(*value);
  drift_.observe(bin, *value);
  day_.observe(bin, *value);
  if (week_) {
    week_->observe(bin, *value);
  }
  autoregression_.observe(history_);
  profile_.observe(bin, *value);
  ceiling_ = kCeiling * history_.largest();
}

ExpertValues Experts::forecast(BinIndex target, std::size_t grid) const {
  if (history_.empty()) {
    return {};
  }
  const double last = history_.last_value();
  const std::optional<double> ratio = seasonal_.ratio(history_, target);
  ExpertValues values = {
      last,
      fast_.forecast(),
      slow_.forecast(),
      drift_.forecast(target),
      ratio ? std::optional(last * *ratio) : std::nullopt,
      ratio ? std::optional(last * std::sqrt(*ratio)) : std::nullopt,
      seasonal_.naive(history_, target),
      day_.forecast(target),
      week_ ? week_->forecast(target) : std::nullopt,
      autoregression_.forecast(history_, target, grid),
      profile_.forecast(target),
      profile_.mean(target),
  };
  for (std::optional<double>& value : values) {
    if (value) {
      value = std::min(*value, ceiling_);
    }
  }
  return values;
}

}  // namespace penstock::forecast
