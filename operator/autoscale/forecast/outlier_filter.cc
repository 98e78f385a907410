#include "operator/autoscale/forecast/outlier_filter.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace penstock::forecast {
namespace {

const double kSlack = std::log(OutlierFilter::kFactor);

}  // namespace

OutlierFilter::OutlierFilter(const Settings& settings)
    : persistence_(std::max(2, static_cast<int>(kPersistence / settings.bin))),
      closing_(kSlack / static_cast<double>(bins_per_day(settings))) {}

OutlierFilter::Verdict OutlierFilter::judge(double value) {
  const double log = std::log1p(value);
  if (seen_ == 0) {
    high_ = log;
    low_ = log;
  }
  ++seen_;
  const double middle = (high_ + low_) / 2;
  high_ = std::max(middle, high_ - closing_);
  low_ = std::min(middle, low_ + closing_);
  int side = 0;
  if (seen_ > kUnfiltered) {
    side = (log > high_ + kSlack ? 1 : 0) - (log < low_ - kSlack ? 1 : 0);
  }
  if (run_ != 0 && run_ * side <= 0) {
    ++vanished_;
    run_ = 0;
  }
  run_ += side;
  if (side != 0 && std::abs(run_) < persistence_) {
    return Verdict::kDoubtful;
  }
  const bool lasting = side != 0;
  lasted_ += lasting ? 1 : 0;
  run_ = 0;
  high_ = std::max(high_, log);
  low_ = std::min(low_, log);
  return lasting ? Verdict::kLasting : Verdict::kUsual;
}

}  // namespace penstock::forecast
