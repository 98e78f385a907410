#include "operator/autoscale/forecast/horizon_record.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace penstock::forecast {
namespace {

constexpr double kMeanMin = 0.1;  // of the level

double residual_unit(double mean, double level) {
  return std::sqrt(std::max(mean, kMeanMin * level) * level);
}

std::array<float, kExperts> packed(const ExpertValues& experts) {
  std::array<float, kExperts> packed{};
  for (std::size_t i = 0; i < kExperts; ++i) {
    packed.at(i) =
        static_cast<float>(experts.at(i).value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  return packed;
}

ExpertValues unpacked(const std::array<float, kExperts>& packed) {
  ExpertValues experts;
  for (std::size_t i = 0; i < kExperts; ++i) {
    if (!std::isnan(packed.at(i))) {
      experts.at(i) = packed.at(i);
    }
  }
  return experts;
}

}  // namespace

HorizonRecord::HorizonRecord(int bins, double discount, double eta)
    : bins_(bins), weights_(discount, eta), expected_(static_cast<std::size_t>(bins)) {}

HorizonRecord::Combined HorizonRecord::combine(const ExpertValues& experts, double level) const {
  Combined combined{.weights = weights_.weights(experts)};
  combined.mean = forecast::combine(experts, combined.weights);
  combined.quantiles = band_.quantiles();
  const double unit = residual_unit(combined.mean, level);
  for (float& quantile : combined.quantiles) {
    quantile = static_cast<float>(std::max(0.0, combined.mean + unit * quantile));
  }
  return combined;
}

void HorizonRecord::expect(BinIndex bin, const ExpertValues& experts, double level) {
  Expected& expected = expected_[ring_slot(bin, expected_.size())];
  const double mean = forecast::combine(experts, weights_.weights(experts));
  expected = {.bin = bin,
              .mean = static_cast<float>(mean),
              .unit = static_cast<float>(residual_unit(mean, level)),
              .experts = packed(experts),
              .residuals = band_.quantiles()};
}

void HorizonRecord::settle(BinIndex bin, double value) {
  const Expected& expected = expected_[ring_slot(bin, expected_.size())];
  // A series that was zero so far has no unit to measure its first value in.
  if (expected.bin != bin || expected.unit <= 0) {
    return;
  }
  weights_.observe(unpacked(expected.experts), value);
  band_.observe((value - expected.mean) / expected.unit, expected.residuals);
}

}  // namespace penstock::forecast
