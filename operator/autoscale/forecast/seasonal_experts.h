#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "operator/autoscale/forecast/history.h"

namespace penstock::forecast {

// What a season ago says of the way from the last value to the target: then'/then, where both are
// means over `width` bins around the same times.
struct SeasonalRatio {
  static constexpr double kRatioMax = 4;

  std::size_t season;  // in bins
  int width;           // >= 1, in bins

  // Within [1/kRatioMax, kRatioMax]; kRatioMax where something came after nothing. nullopt until a
  // season has passed, and where nothing was observed then.
  [[nodiscard]] std::optional<double> ratio(const History& history, BinIndex target) const;

  // The value itself a season before the target: the seasonal naive forecast.
  [[nodiscard]] std::optional<double> naive(const History& history, BinIndex target) const;
};

// The mean course of a day, for working days and weekends apart, and how the level of now compares
// with it.
//
// Memory: 16 bytes for each bin of a day.
class WeekdayProfile {
 public:
  struct Shape {
    std::size_t day;        // bins a day
    BinIndex midnight;      // bins to add to an index before it is split into days
    double level_discount;  // per bin, in (0, 1): how far the level looks back
    double day_weight;      // of a new day in the mean, in (0, 1]; the first ones weigh 1/n
  };

  explicit WeekdayProfile(const Shape& shape);

  // REQUIRES: bin grows from call to call.
  void observe(BinIndex bin, double value);

  // The mean at that time of such days. A class of days that was not seen yet takes the other's;
  // nullopt where neither was.
  [[nodiscard]] std::optional<double> mean(BinIndex target) const;

  // mean(target) · (discounted sum of values / discounted sum of their means), the quotient at most
  // SeasonalRatio::kRatioMax. nullopt on the first day.
  [[nodiscard]] std::optional<double> forecast(BinIndex target) const;

 private:
  struct Slot {
    float mean = 0;
    std::uint32_t days = 0;
  };

  Shape shape_;
  std::array<std::vector<Slot>, 2> classes_;  // working days, weekends
  std::optional<BinIndex> bin_;               // the last one that was compared with a mean
  double values_ = 0;                         // discounted sums over the same bins
  double means_ = 0;
};

}  // namespace penstock::forecast
