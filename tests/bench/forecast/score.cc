#include "tests/bench/forecast/score.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace penstock {
namespace {

using forecast::BinIndex;
using forecast::Forecast;
using forecast::Forecaster;
using SteadyClock = std::chrono::steady_clock;

// Sums up one method's errors.
class Errors {
 public:
  void add(double value, double forecast) {
    const double error = std::abs(value - forecast);
    values_ += value;
    errors_ += error;
    relative_ += value + forecast > 0 ? 200 * error / (value + forecast) : 0;
    ++count_;
  }
  [[nodiscard]] Score::Method method() const {
    return {.wape = 100 * errors_ / values_, .smape = relative_ / count_};
  }

 private:
  double values_ = 0;
  double errors_ = 0;
  double relative_ = 0;
  double count_ = 0;
};

double microseconds(SteadyClock::duration span, std::size_t calls) {
  return std::chrono::duration<double, std::micro>(span).count() / static_cast<double>(calls);
}

// forecasts[i] is the one made for bin i.
struct Run {
  std::vector<std::optional<Forecast>> forecasts;
  double observe_us = 0;
  double at_us = 0;
};

Run run(const Series& series, int horizon) {
  Forecaster forecaster({.bin = series.bin, .horizon_max = std::max(horizon, 24)});
  Run run;
  run.forecasts.resize(series.values.size() + static_cast<std::size_t>(horizon));
  SteadyClock::duration observing{};
  SteadyClock::duration forecasting{};
  for (std::size_t bin = 0; bin < series.values.size(); ++bin) {
    const SteadyClock::time_point start = SteadyClock::now();
    forecaster.observe(static_cast<BinIndex>(bin), series.values[bin]);
    const SteadyClock::time_point observed = SteadyClock::now();
    run.forecasts[bin + static_cast<std::size_t>(horizon)] = forecaster.at(horizon);
    forecasting += SteadyClock::now() - observed;
    observing += observed - start;
  }
  run.observe_us = microseconds(observing, series.values.size());
  run.at_us = microseconds(forecasting, series.values.size());
  return run;
}

}  // namespace

Score score(const Series& series, int horizon, Window window) {
  const Run made = run(series, horizon);
  const auto day = static_cast<std::size_t>(std::chrono::days(1) / series.bin);
  Errors ours;
  Errors last_value;
  Errors seasonal_naive;
  std::array<Errors, forecast::kExperts> experts;
  double covered = 0;
  double width = 0;
  double values = 0;
  for (std::size_t bin = window.first; bin < window.end; ++bin) {
    const Forecast& forecast = *made.forecasts[bin];
    const double value = series.values[bin];
    ours.add(value, forecast.mean);
    last_value.add(value, series.values[bin - static_cast<std::size_t>(horizon)]);
    seasonal_naive.add(value, series.values[bin - day]);
    for (std::size_t i = 0; i < experts.size(); ++i) {
      experts.at(i).add(value, forecast.experts.at(i).value_or(forecast.mean));
    }
    const double low = forecast.quantile(0.05);
    const double high = forecast.quantile(0.95);
    covered += value >= low && value <= high ? 1 : 0;
    width += high - low;
    values += value;
  }
  Score score{.ours = ours.method(),
              .last_value = last_value.method(),
              .seasonal_naive = seasonal_naive.method(),
              .coverage = 100 * covered / static_cast<double>(window.end - window.first),
              .band_width = 100 * width / values,
              .observe_us = made.observe_us,
              .at_us = made.at_us};
  std::ranges::transform(experts, score.experts.begin(), &Errors::method);
  return score;
}

}  // namespace penstock
