#include "operator/autoscale/pod_meter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace penstock::autoscale {
namespace {

constexpr double kMicros = 1e6;

// Coarser than reports are: thousands of pods' are held at once, and what is asked of them are
// means, which stay exact, and high percentiles. Four buckets an octave, from 1 ms to two minutes.
constexpr std::uint32_t kFirstBucket = signals::latency_bucket(1'024);
constexpr std::uint32_t kLastBucket = signals::latency_bucket(1U << 27U);
constexpr std::uint32_t kStep = 2;
constexpr std::size_t kBounds = (kLastBucket - kFirstBucket) / kStep + 1;

// What came between two reports. Without anything it is empty, and costs nothing to carry.
Histogram between(const signals::LatencyHistogram& before, const signals::LatencyHistogram& now) {
  const std::optional<signals::LatencyHistogram> came = now.since(before);
  if (!came || came->count() == 0) {
    return {};
  }
  Histogram result{.counts = std::vector<std::uint64_t>(kBounds + 1),
                   .sum_s = static_cast<double>(came->sum_us) / kMicros};
  result.bounds_s.reserve(kBounds);
  for (std::uint32_t bound = kFirstBucket; bound <= kLastBucket; bound += kStep) {
    result.bounds_s.push_back(static_cast<double>(signals::latency_bucket_begin(bound)) / kMicros);
  }
  for (std::uint32_t bucket = 0; bucket < signals::kLatencyBuckets; ++bucket) {
    const std::size_t into =
        bucket < kFirstBucket ? 0
                              : std::min<std::size_t>((bucket - kFirstBucket) / kStep + 1, kBounds);
    result.counts[into] += came->counts[bucket];
  }
  return result;
}

bool goes_on(const signals::Report& before, const signals::Report& now) {
  return before.start_id == now.start_id && before.uptime_ms < now.uptime_ms &&
         before.calls.started <= now.calls.started && before.calls.finished <= now.calls.finished &&
         before.tokens.prefill <= now.tokens.prefill &&
         before.tokens.prefix_cached <= now.tokens.prefix_cached &&
         before.tokens.decode <= now.tokens.decode;
}

Signals carried(const signals::Report& before, const signals::Report& now) {
  const double seconds = static_cast<double>(now.uptime_ms - before.uptime_ms) / 1e3;
  const auto rate = [seconds](std::int64_t from, std::int64_t to) {
    return static_cast<double>(to - from) / seconds;
  };
  const double computed = rate(before.tokens.prefill, now.tokens.prefill) -
                          rate(before.tokens.prefix_cached, now.tokens.prefix_cached);
  Signals result{.requests_per_s = rate(before.calls.started, now.calls.started),
                 .prefill_tokens_per_s = std::max(0.0, computed),
                 .decode_tokens_per_s = rate(before.tokens.decode, now.tokens.decode),
                 .running = static_cast<double>(now.running),
                 .ttft = between(before.time_to_first_token, now.time_to_first_token),
                 .tpot = between(before.time_per_output_token, now.time_per_output_token)};
  // Who failed has no tokens. Some of those never came as far as the engine, and are no calls; but
  // each time for a further token is of a call that did not fail.
  const double finished = rate(before.calls.finished, now.calls.finished);
  const double failed = rate(before.requests.client_errors, now.requests.client_errors) +
                        rate(before.requests.upstream_errors, now.requests.upstream_errors);
  const double streamed = static_cast<double>(result.tpot.count()) / seconds;
  result.ended_per_s = std::clamp(finished - failed, std::min(streamed, finished), finished);
  if (!now.engine) {
    return result;
  }
  const milliseconds age{now.engine->age_ms};
  if (age < PodMeter::kEngineFresh) {
    const auto as_double = [](const std::optional<std::int64_t>& value) {
      return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
    };
    result.waiting = as_double(now.engine->waiting);
    if (now.engine->running) {
      result.running = as_double(now.engine->running);
    }
  }
  if (age < PodMeter::kCacheFresh && now.engine->kv_usage && now.engine->kv_capacity_tokens) {
    result.kv_tokens = *now.engine->kv_usage * static_cast<double>(*now.engine->kv_capacity_tokens);
  }
  return result;
}

}  // namespace

void PodMeter::take(Time received, std::shared_ptr<const signals::Report> report) {
  if (last_ && last_->start_id == report->start_id && last_->uptime_ms == report->uptime_ms) {
    return;  // the same one again
  }
  carried_.reset();
  if (last_ && goes_on(*last_, *report)) {
    carried_ = carried(*last_, *report);
  }
  last_ = std::move(report);
  received_ = received;
}

std::optional<Signals> PodMeter::at(Time now) const {
  // Nor does what came at a time that is yet to come, by a clock that was set back since.
  return std::chrono::abs(now - received_) < kFresh ? carried_ : std::nullopt;
}

EngineLimits PodMeter::limits() const {
  EngineLimits limits;
  if (last_ && last_->engine && last_->engine->kv_capacity_tokens) {
    limits.kv_tokens = static_cast<double>(*last_->engine->kv_capacity_tokens);
  }
  return limits;
}

}  // namespace penstock::autoscale
