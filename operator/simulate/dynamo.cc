#include "operator/simulate/dynamo.h"

#include <algorithm>
#include <cmath>

#include "operator/autoscale/replica_count.h"

namespace penstock::simulate {
namespace {

constexpr double kLevelNoise = 1;
constexpr double kTrendNoise = 0.1;
constexpr double kObservationNoise = 10;
constexpr int kPointsMin = 5;
constexpr double kInterval_s = 180;
constexpr double kConsolidation = 0.8;  // of the promise
constexpr double kPrompt = 1'000;       // tokens of a queued prompt, where nothing says more

}  // namespace

double LocalLinearTrend::next(double value) {
  if (points_++ == 0) {
    level_ = value;
    return value;
  }
  // Predict: level += trend; then correct by what came.
  const double level = level_ + trend_;
  const double var_level = var_level_ + 2 * covariance_ + var_trend_ + kLevelNoise;
  const double covariance = covariance_ + var_trend_;
  const double innovation = var_level + kObservationNoise;
  const double gain = var_level / innovation;
  const double trend_gain = covariance / innovation;
  const double surprise = value - level;
  level_ = level + gain * surprise;
  trend_ += trend_gain * surprise;
  var_trend_ += kTrendNoise - trend_gain * covariance;
  covariance_ = covariance * (1 - gain);
  var_level_ = var_level * (1 - gain);
  return points_ < kPointsMin ? value : std::max(0.0, level_ + trend_);
}

Expected expected_of(const autoscale::PodSight& pod, const autoscale::ServiceParameters& service,
                     double growth) {
  const auto& [a, b, g] = service;
  const double running = pod.signals->running.value_or(0) * growth;
  const double context = pod.signals->kv_tokens.value_or(0) * growth;
  const double queued = pod.signals->waiting.value_or(0) * growth * kPrompt;
  const double iteration_ms = a + b * running + g * context;
  return {.ttft_s = (iteration_ms + (b + g) * (queued + kPrompt)) / 1e3,
          .tpot_s = iteration_ms / 1e3};
}

int dynamo_load(const autoscale::Sight& sight, const autoscale::ServiceParameters& service,
                const Promise& promise) {
  int ready = 0;
  int exceeding = 0;
  for (const autoscale::PodSight& pod : sight.pods) {
    if (!pod.signals) {
      return sight.replicas;
    }
    const Expected seen = expected_of(pod, service);
    ++ready;
    exceeding += seen.ttft_s > promise.ttft_s || seen.tpot_s > promise.tpot_s ? 1 : 0;
  }
  if (ready == 0 || exceeding == ready) {
    return sight.replicas + 1;
  }
  if (ready < 2 || exceeding > 0) {
    return sight.replicas;
  }
  const double growth = static_cast<double>(ready) / (ready - 1);
  const bool fits = std::ranges::all_of(sight.pods, [&](const autoscale::PodSight& pod) {
    const Expected then = expected_of(pod, service, growth);
    return then.ttft_s < kConsolidation * promise.ttft_s &&
           then.tpot_s < kConsolidation * promise.tpot_s &&
           pod.signals->kv_tokens.value_or(0) * growth < pod.limits.kv_tokens.value_or(0);
  });
  return fits ? sight.replicas - 1 : sight.replicas;
}

int Dynamo::replicas(const autoscale::Sight& sight) {
  requests_ += seen_of(sight).requests_per_s;
  int result = std::max(1, sight.replicas);
  if (throughput_.due(sight.now)) {
    const double expected = predictor_.next(requests_);
    requests_ = 0;
    floor_ = std::max(1, autoscale::replicas_for(expected / kInterval_s, settings_.engine_per_s));
    result = settings_.load_loop ? result : floor_;
  }
  if (settings_.load_loop && load_.due(sight.now)) {
    result = dynamo_load(sight, settings_.service, settings_.promise);
  }
  return std::clamp(std::max(result, settings_.load_loop ? floor_ : 1), 1, settings_.replicas_max);
}

}  // namespace penstock::simulate
