#include "operator/autoscale/forecast/history.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace penstock::forecast {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

History::History(std::size_t capacity) : values_(capacity, kMissing) {}

void History::append(BinIndex bin, std::optional<double> value) {
  if (newest_) {
    const auto size = static_cast<BinIndex>(values_.size());
    for (BinIndex gap = std::max(*newest_ + 1, bin - size); gap < bin; ++gap) {
      values_[ring_slot(gap, values_.size())] = kMissing;
    }
  }
  values_[ring_slot(bin, values_.size())] = value.value_or(kMissing);
  newest_ = bin;
  if (value) {
    last_bin_ = bin;
    last_value_ = *value;
  }
}

std::optional<double> History::at(BinIndex bin) const {
  if (!newest_ || bin > *newest_ || bin <= *newest_ - static_cast<BinIndex>(values_.size())) {
    return std::nullopt;
  }
  const double value = values_[ring_slot(bin, values_.size())];
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

std::optional<double> History::mean_around(BinIndex centre, int width) const {
  double sum = 0;
  int count = 0;
  for (BinIndex bin = centre - width / 2; bin < centre - width / 2 + width; ++bin) {
    if (const std::optional<double> value = at(bin)) {
      sum += *value;
      ++count;
    }
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

double History::largest() const {
  double largest = 0;
  for (const double value : values_) {
    // False for NaN.
    largest = value > largest ? value : largest;
  }
  return largest;
}

}  // namespace penstock::forecast
