#include "operator/autoscale/pod_meter.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace penstock::autoscale {
namespace {

constexpr double kMicros = 1e6;

const std::vector<double>& bounds() {
  static const std::vector<double> kBounds = [] {
    std::vector<double> made;
    // The last bucket is what lies above all bounds.
    for (std::uint32_t bucket = 1; bucket < signals::kLatencyBuckets; ++bucket) {
      made.push_back(static_cast<double>(signals::latency_bucket_begin(bucket)) / kMicros);
    }
    return made;
  }();
  return kBounds;
}

// What came between two reports. Without anything it is empty, and costs nothing to carry.
Histogram between(const signals::LatencyHistogram& before, const signals::LatencyHistogram& now) {
  const std::optional<signals::LatencyHistogram> came = now.since(before);
  if (!came || came->count() == 0) {
    return {};
  }
  return {.bounds_s = bounds(),
          .counts = {came->counts.begin(), came->counts.end()},
          .sum_s = static_cast<double>(came->sum_us) / kMicros};
}

bool goes_on(const signals::Report& before, const signals::Report& now) {
  return before.start_id == now.start_id && before.uptime_ms < now.uptime_ms &&
         before.calls.started <= now.calls.started && before.tokens.prefill <= now.tokens.prefill &&
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
  if (now.engine) {
    const auto as_double = [](const std::optional<std::int64_t>& value) {
      return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
    };
    result.waiting = as_double(now.engine->waiting);
    if (now.engine->running) {
      result.running = as_double(now.engine->running);
    }
    if (now.engine->kv_usage && now.engine->kv_capacity_tokens) {
      result.kv_tokens =
          *now.engine->kv_usage * static_cast<double>(*now.engine->kv_capacity_tokens);
    }
  }
  return result;
}

}  // namespace

void PodMeter::take(Time received, const signals::Report& report) {
  if (last_ && last_->start_id == report.start_id && last_->uptime_ms == report.uptime_ms) {
    return;  // the same one again
  }
  carried_.reset();
  if (last_ && goes_on(*last_, report)) {
    carried_ = carried(*last_, report);
  }
  last_ = report;
  received_ = received;
}

std::optional<Signals> PodMeter::at(Time now) const {
  return now - received_ < kFresh ? carried_ : std::nullopt;
}

EngineLimits PodMeter::limits() const {
  EngineLimits limits;
  if (last_ && last_->engine && last_->engine->kv_capacity_tokens) {
    limits.kv_tokens = static_cast<double>(*last_->engine->kv_capacity_tokens);
  }
  return limits;
}

}  // namespace penstock::autoscale
