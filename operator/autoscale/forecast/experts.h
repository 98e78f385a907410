#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "operator/autoscale/forecast/autoregression.h"
#include "operator/autoscale/forecast/history.h"
#include "operator/autoscale/forecast/holt_winters.h"
#include "operator/autoscale/forecast/level_experts.h"
#include "operator/autoscale/forecast/seasonal_experts.h"
#include "operator/autoscale/forecast/settings.h"

namespace penstock::forecast {

// The members of the ensemble, in the order of every array of them.
enum class Expert : std::uint8_t {
  kLastValue,          // the last value, at every horizon
  kFastSmoothing,      // simple exponential smoothing over some ten minutes
  kSlowSmoothing,      // … over some forty
  kDampedDrift,        // Holt's trend, damped
  kSeasonalRatio,      // last value · (a day before the target / a day ago)
  kSeasonalRootRatio,  // last value · the square root of that
  kSeasonalNaive,      // a day before the target
  kHoltWintersDay,
  kHoltWintersWeek,  // only where the settings ask for it
  kAutoregression,
  kWeekdayProfile,  // the mean of such days at that time, at the level of now
  kWeekdayMean,     // … at its own
};
inline constexpr std::size_t kExperts = 12;

// "last value", "seasonal ratio": for people.
std::string_view name(Expert expert);

// By expert; nullopt: it has nothing to say yet.
using ExpertValues = std::array<std::optional<double>, kExperts>;

// All of them, and the history that they share. A value: a copy learns on its own.
class Experts {
 public:
  // `horizons`: the grid that errors are kept for, in bins.
  Experts(const Settings& settings, std::span<const int> horizons);

  // nullopt: the bin is missing. REQUIRES: as History::append.
  void observe(BinIndex bin, std::optional<double> value);

  // Forecasts for one bin, `horizons[grid]` being the nearest of the grid; none above twice the
  // largest value of the history. All are nullopt while that is empty. REQUIRES: target >
  // history().newest().
  [[nodiscard]] ExpertValues forecast(BinIndex target, std::size_t grid) const;

  // A day and what the experts look at besides.
  [[nodiscard]] const History& history() const { return history_; }

 private:
  SimpleSmoothing fast_;
  SimpleSmoothing slow_;
  DampedTrend drift_;
  SeasonalRatio seasonal_;
  HoltWinters day_;
  std::optional<HoltWinters> week_;
  Autoregression autoregression_;
  WeekdayProfile profile_;
  History history_;
  double ceiling_ = 0;
};

}  // namespace penstock::forecast
