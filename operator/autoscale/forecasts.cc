#include "operator/autoscale/forecasts.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace penstock::autoscale {
namespace {

constexpr std::chrono::minutes kBin{1};
// Those that a policy may ask for, and what lies between them is the next one above.
constexpr std::array kLevels = {0.5, 0.75, 0.9, 0.95, 0.99};

forecast::BinIndex bin_of(Time time) {
  return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()) / kBin;
}

Forecast in(Dimension dimension, const forecast::Forecast& requests, double per_request,
            milliseconds lead) {
  Forecast result{.dimension = dimension,
                  .mean = requests.mean * per_request,
                  .horizon = lead,
                  .trained = requests.trained};
  for (const double level : kLevels) {
    result.upper.push_back({level, requests.quantile(level) * per_request});
  }
  return result;
}

}  // namespace

ForecastQuantile Forecast::at_least(double level) const {
  ForecastQuantile found{0.5, mean};
  for (const ForecastQuantile& quantile : upper) {
    found = quantile;
    if (quantile.level >= level) {
      break;
    }
  }
  return found;
}

void LoadForecasts::add(Time now, std::optional<double> requests_per_s) {
  const forecast::BinIndex bin = bin_of(now);
  if (bin_ && (*bin_ - bin) * kBin > kSetBackMost) {
    *this = {};
  } else if (bin_ && bin < *bin_) {
    return;
  }
  if (bin_ && *bin_ < bin) {
    requests_.observe(*bin_, samples_ > 0 ? std::optional(sum_ / samples_) : std::nullopt);
    sum_ = 0;
    samples_ = 0;
  }
  bin_ = bin;
  if (requests_per_s) {
    sum_ += *requests_per_s;
    ++samples_;
  }
}

std::vector<Forecast> LoadForecasts::at(Time now, milliseconds lead,
                                        const RequestShape& shape) const {
  // The newest minute that is over is the one before bin_, which is this one but for a clock that
  // was set back.
  const forecast::BinIndex open = bin_.value_or(bin_of(now));
  const std::int64_t ahead = bin_of(now + lead) - open + 1;
  if (ahead < 1) {
    return {};
  }
  const auto expected = requests_.at(static_cast<int>(ahead));
  if (!expected) {
    return {};
  }
  std::vector<Forecast> result = {in(Dimension::kRequests, *expected, 1, lead)};
  if (shape.input_tokens > 0) {
    result.push_back(in(Dimension::kPrefill, *expected, shape.input_tokens, lead));
    result.push_back(in(Dimension::kDecode, *expected, shape.output_tokens, lead));
  }
  return result;
}

const Forecast* forecast_of(const std::vector<Forecast>& forecasts, Dimension dimension) {
  const auto found = std::ranges::find(forecasts, dimension, &Forecast::dimension);
  return found == forecasts.end() ? nullptr : &*found;
}

}  // namespace penstock::autoscale
