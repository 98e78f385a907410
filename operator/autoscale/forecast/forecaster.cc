#include "operator/autoscale/forecast/forecaster.h"

#include <algorithm>
#include <cmath>

namespace penstock::forecast {
namespace {

constexpr double kLevelWeight = 0.02;

// All up to 12, then steps of a sixth, never of more than half an hour: 1, 2, … 12, 14, 16, 18, 21,
// … What an expert is worth depends on the time of day that a horizon leads to, most of all near a
// whole day, where the last value is as good as the seasonal naive one.
std::vector<int> horizon_grid(const Settings& settings) {
  const auto apart = static_cast<int>(std::chrono::minutes(30) / settings.bin);
  std::vector<int> grid;
  for (int next = 1; next < settings.horizon_max;) {
    grid.push_back(next);
    next += std::max(1, std::min(next / 6, apart));
  }
  grid.push_back(settings.horizon_max);
  return grid;
}

}  // namespace

Forecaster::Forecaster(const Settings& settings)
    : experts_(settings, horizon_grid(settings)), filter_(settings) {
  for (const int bins : horizon_grid(settings)) {
    records_.emplace_back(bins, settings.discount, settings.eta);
  }
}

// By ratio: five bins are nearer to six than to four.
std::size_t Forecaster::nearest(int horizon) const {
  const auto above = std::ranges::lower_bound(records_, horizon, {}, &HorizonRecord::bins);
  if (above == records_.end()) {
    return records_.size() - 1;
  }
  const auto i = static_cast<std::size_t>(above - records_.begin());
  if (i == 0) {
    return i;
  }
  const auto asked = static_cast<std::int64_t>(horizon);
  const bool below = asked * asked < std::int64_t{records_[i - 1].bins()} * records_[i].bins();
  return below ? i - 1 : i;
}

// Those who follow an outlier, unless this series' outliers are seldom more than a spike.
const Experts& Forecaster::speaking() const {
  return unmoved_ && !filter_.outliers_last() ? *unmoved_ : experts_;
}

void Forecaster::learn(BinIndex bin, double value) {
  const OutlierFilter::Verdict verdict = filter_.judge(value);
  if (verdict == OutlierFilter::Verdict::kDoubtful) {
    if (!unmoved_) {
      unmoved_ = experts_;
    }
    unmoved_->observe(bin, std::nullopt);
  } else {
    if (unmoved_ && verdict == OutlierFilter::Verdict::kUsual) {
      experts_ = std::move(*unmoved_);
    }
    unmoved_.reset();
  }
  experts_.observe(bin, value);
}

bool Forecaster::observe(BinIndex bin, std::optional<double> value) {
  if (!experts_.history().accepts(bin)) {
    return false;
  }
  if (value && std::isfinite(*value) && *value >= 0) {
    for (HorizonRecord& record : records_) {
      record.settle(bin, *value);
    }
    level_ += (observed_ == 0 ? 1 : kLevelWeight) * (*value - level_);
    ++observed_;
    learn(bin, *value);
  } else {
    experts_.observe(bin, std::nullopt);
    if (unmoved_) {
      unmoved_->observe(bin, std::nullopt);
    }
  }
  for (std::size_t grid = 0; grid < records_.size() && observed_ > 0; ++grid) {
    const BinIndex target = bin + records_[grid].bins();
    records_[grid].expect(target, speaking().forecast(target, grid), level_);
  }
  return true;
}

std::optional<Forecast> Forecaster::at(int horizon) const {
  if (observed_ == 0) {
    return std::nullopt;
  }
  const std::size_t grid = nearest(horizon);
  const HorizonRecord& record = records_[grid];
  Forecast forecast{.bin = experts_.history().newest() + horizon, .horizon = horizon};
  forecast.experts = speaking().forecast(forecast.bin, grid);
  const HorizonRecord::Combined combined = record.combine(forecast.experts, level_);
  forecast.weights = combined.weights;
  forecast.mean = combined.mean;
  forecast.quantiles = combined.quantiles;
  forecast.observed = observed_;
  forecast.residuals = record.residuals();
  forecast.trained = record.residuals() >= ConformalBand::kPrior;
  return forecast;
}

}  // namespace penstock::forecast
