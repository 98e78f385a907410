#include "operator/autoscale/full_pods.h"

#include <algorithm>

namespace penstock::autoscale {

std::optional<Load> FullPods::see(Time now, const std::string& pod, const Signals& seen) {
  if (!(seen.waiting.value_or(0) >= kWaiting)) {
    return std::nullopt;
  }
  const auto known = pods_.find(pod);
  Pod& full = still_[pod];
  full = known == pods_.end() ? Pod{.since = now} : known->second;
  if (now - full.since < kLasting) {
    return std::nullopt;  // what ends now began before it was full
  }
  full.requests += seen.ended_per_s;
  full.prefill += seen.prefill_tokens_per_s;
  full.decode += seen.decode_tokens_per_s;
  full.kv += seen.kv_tokens.value_or(0);
  full.with_kv += seen.kv_tokens ? 1 : 0;
  ++full.samples;
  if (now - full.since < kLasting + kMeasured) {
    return std::nullopt;
  }
  const double count = std::max(1, full.samples);
  const Load mean{.requests = full.requests / count,
                  .prefill = full.prefill / count,
                  .decode = full.decode / count,
                  .kv = full.with_kv > 0 ? std::optional(full.kv / full.with_kv) : std::nullopt};
  full = {.since = now - kLasting};
  return mean;
}

}  // namespace penstock::autoscale
