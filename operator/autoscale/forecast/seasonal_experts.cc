#include "operator/autoscale/forecast/seasonal_experts.h"

#include <algorithm>
#include <cmath>

namespace penstock::forecast {
namespace {

struct DayTime {
  std::size_t weekend;  // 0 or 1
  std::size_t bin;      // of the day
};

DayTime day_time(BinIndex bin, std::size_t day_bins) {
  const std::size_t of_day = ring_slot(bin, day_bins);
  const BinIndex day = (bin - static_cast<BinIndex>(of_day)) / static_cast<BinIndex>(day_bins);
  // The epoch was a Thursday: counted from a Monday, its weekday is 3.
  const bool weekend = ring_slot(day + 3, 7) >= 5;
  return {.weekend = weekend ? std::size_t{1} : std::size_t{0}, .bin = of_day};
}

}  // namespace

std::optional<double> SeasonalRatio::ratio(const History& history, BinIndex target) const {
  if (history.empty()) {
    return std::nullopt;
  }
  const auto back = static_cast<BinIndex>(season);
  const std::optional<double> then = history.mean_around(history.last_bin() - back, width);
  const std::optional<double> next = naive(history, target);
  if (!then || !next) {
    return std::nullopt;
  }
  // Both zero: nothing changed. The last value zero then: there is no ratio to speak of.
  if (*then <= 0) {
    return *next <= 0 ? 1.0 : kRatioMax;
  }
  return std::clamp(*next / *then, 1 / kRatioMax, kRatioMax);
}

std::optional<double> SeasonalRatio::naive(const History& history, BinIndex target) const {
  return history.mean_around(target - static_cast<BinIndex>(season), width);
}

WeekdayProfile::WeekdayProfile(const Shape& shape) : shape_(shape) {
  for (std::vector<Slot>& slots : classes_) {
    slots.resize(shape.day);
  }
}

std::optional<double> WeekdayProfile::mean(BinIndex bin) const {
  const DayTime at = day_time(bin + shape_.midnight, shape_.day);
  const Slot& own = classes_.at(at.weekend)[at.bin];
  const Slot& other = classes_.at(1 - at.weekend)[at.bin];
  if (own.days == 0 && other.days == 0) {
    return std::nullopt;
  }
  return own.days > 0 ? own.mean : other.mean;
}

void WeekdayProfile::observe(BinIndex bin, double value) {
  // Compared with the profile before this bin becomes part of it.
  if (const std::optional<double> expected = mean(bin)) {
    const double kept =
        bin_ ? std::pow(shape_.level_discount, static_cast<double>(bin - *bin_)) : 0;
    values_ = kept * values_ + value;
    means_ = kept * means_ + *expected;
    bin_ = bin;
  }
  const DayTime at = day_time(bin + shape_.midnight, shape_.day);
  Slot& own = classes_.at(at.weekend)[at.bin];
  ++own.days;
  const double weight = std::max(1.0 / own.days, shape_.day_weight);
  own.mean += static_cast<float>(weight * (value - own.mean));
}

std::optional<double> WeekdayProfile::forecast(BinIndex target) const {
  const std::optional<double> then = mean(target);
  if (!then || !bin_ || means_ <= 0) {
    return std::nullopt;
  }
  return *then * std::min(values_ / means_, SeasonalRatio::kRatioMax);
}

}  // namespace penstock::forecast
