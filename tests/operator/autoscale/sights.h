#pragma once

#include <chrono>
#include <string>

#include "operator/autoscale/queue_model.h"
#include "operator/autoscale/scaler.h"

// Targets as a Scaler sees them.
namespace penstock::autoscale {

// Monday, 2 November 2026, 00:00 UTC.
inline constexpr Time kMonday = std::chrono::sys_days(std::chrono::year(2026) / 11 / 2);

// So many replicas serve, each with this load.
inline Sight serving(Time now, int replicas, double requests_per_s) {
  Sight sight{.now = now, .replicas = replicas};
  for (int i = 0; i < replicas; ++i) {
    sight.pods.push_back(
        {.name = "pod-" + std::to_string(i),
         .created = kMonday - std::chrono::hours(2),
         .ready_since = kMonday - std::chrono::hours(1),
         .signals = Signals{.requests_per_s = requests_per_s, .ended_per_s = requests_per_s}});
  }
  return sight;
}

// One replica takes 10 requests/s, of which 8 are planned with.
inline ScalerSettings settings() {
  ScalerSettings result;
  result.decisions.replicas_max = 20;
  result.configured.requests = 10;
  return result;
}

inline constexpr RequestShape kThousand{.input_tokens = 1'000, .output_tokens = 200};

// As many times slower than the engine of the model's defaults.
inline ServiceParameters slower(double times) {
  const ServiceParameters engine;
  return {.a = times * engine.a, .b = times * engine.b, .g = times * engine.g};
}

// `count` requests that took about `latency_s` each.
inline Histogram latencies(double latency_s, std::uint64_t count) {
  return {.bounds_s = {latency_s * 0.99, latency_s * 1.01},
          .counts = {0, count, 0},
          .sum_s = latency_s * static_cast<double>(count)};
}

// What a pod with this engine says at so many requests/s of kThousand, by the queue model.
inline Signals modelled(double requests_per_s, const ServiceParameters& engine = {}) {
  const Performance seen = QueueModel(engine, kThousand, {}).at(requests_per_s);
  return {.requests_per_s = requests_per_s,
          .ended_per_s = requests_per_s,
          .prefill_tokens_per_s = requests_per_s * kThousand.input_tokens,
          .decode_tokens_per_s = requests_per_s * kThousand.output_tokens,
          .running = seen.served + 1,  // with as many others
          .waiting = 0,
          .ttft = latencies(seen.ttft_ms / 1e3, 10),
          .tpot = latencies(seen.itl_ms / 1e3, 10)};
}

}  // namespace penstock::autoscale
