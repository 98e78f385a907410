#pragma once

#include <optional>

#include "operator/autoscale/scaler.h"

namespace penstock::simulate {

// Totals over the pods that serve, as a metrics pipeline would have them.
struct Seen {
  int ready = 0;
  int starting = 0;
  double requests_per_s = 0;
  double prefill_per_s = 0;  // tokens
  double decode_per_s = 0;
  double running = 0;
  double waiting = 0;  // and what is held for a first replica
  double kv_tokens = 0;
  double kv_limit = 0;  // of one replica; 0: nobody serves

  [[nodiscard]] double concurrency() const { return running + waiting; }
};

inline Seen seen_of(const autoscale::Sight& sight) {
  Seen seen{.waiting = static_cast<double>(sight.held_requests)};
  for (const autoscale::PodSight& pod : sight.pods) {
    if (!pod.ready_since || !pod.signals) {
      ++seen.starting;
      continue;
    }
    ++seen.ready;
    seen.requests_per_s += pod.signals->requests_per_s;
    seen.prefill_per_s += pod.signals->prefill_tokens_per_s;
    seen.decode_per_s += pod.signals->decode_tokens_per_s;
    seen.running += pod.signals->running.value_or(0);
    seen.waiting += pod.signals->waiting.value_or(0);
    seen.kv_tokens += pod.signals->kv_tokens.value_or(0);
    seen.kv_limit = pod.limits.kv_tokens.value_or(0);
  }
  return seen;
}

// Whether a loop of this period runs now; the first time it is asked it does.
class Timer {
 public:
  explicit Timer(autoscale::milliseconds period) : period_(period) {}
  bool due(autoscale::Time now) {
    if (last_ && now - *last_ < period_) {
      return false;
    }
    last_ = now;
    return true;
  }

 private:
  autoscale::milliseconds period_;
  std::optional<autoscale::Time> last_;
};

}  // namespace penstock::simulate
