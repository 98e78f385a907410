#pragma once

#include <chrono>

#include "operator/autoscale/inputs.h"
#include "operator/autoscale/state.h"

// Targets as tests see them: one replica takes 10 requests/s, of which 8 are planned with.
namespace penstock::autoscale {

inline constexpr std::int64_t kStartMs = 1'790'000'000'000;

// `replicas` serve, all of them report, and the load was the same for as long as anybody knows.
inline Inputs serving(int second, int replicas, double requests_per_s) {
  Inputs inputs;
  inputs.now_ms = kStartMs + second * 1'000LL;
  inputs.settings.replicas_max = 100;
  inputs.settings.reactive.stable_window = std::chrono::minutes(1);
  inputs.settings.behavior.down.stabilization_window = milliseconds(0);
  inputs.target = {.replicas = replicas, .ready = replicas};
  inputs.observed = {.stable = {.requests = requests_per_s},
                     .panic = {.requests = requests_per_s},
                     .tail = {.requests = requests_per_s},
                     .coverage = 1,
                     .active_ms = inputs.now_ms};
  inputs.capacity = {.one = {.requests = 10}, .rate_source = CapacitySource::kObserved};
  return inputs;
}

inline Forecast forecast(double mean, double p90) {
  return {.mean = mean,
          .upper = {{0.5, mean}, {0.9, p90}, {0.99, p90 * 2}},
          .horizon = std::chrono::minutes(5),
          .trained = true};
}

// Past its first call, out of panic.
inline State settled(int replicas) {
  return {.reactive = {.measured_ms = kStartMs}, .seen_replicas = replicas};
}

}  // namespace penstock::autoscale
