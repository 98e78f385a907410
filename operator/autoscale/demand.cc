#include "operator/autoscale/demand.h"

#include <algorithm>
#include <cmath>

namespace penstock::autoscale {
namespace {

bool is_amount(double value) {
  return std::isfinite(value) && value >= 0;
}

bool is_amount(const std::optional<double>& value) {
  return !value || is_amount(*value);
}

bool is_sound(const Signals& seen) {
  return is_amount(seen.requests_per_s) && is_amount(seen.ended_per_s) &&
         is_amount(seen.prefill_tokens_per_s) && is_amount(seen.decode_tokens_per_s) &&
         is_amount(seen.kv_tokens) && is_amount(seen.running) && is_amount(seen.waiting);
}

// A sum over pods of which some may not know their part.
struct PartialSum {
  double sum = 0;
  int known = 0;

  void add(const std::optional<double>& value) {
    if (value) {
      sum += *value;
      ++known;
    }
  }
  [[nodiscard]] std::optional<double> over(int pods) const {
    return known > 0 ? std::optional(sum / known * pods) : std::nullopt;
  }
};

// Histograms without an observation need no bounds.
void merge_into(Histogram& into, const Histogram& other, Demand& demand) {
  if (!other.counts.empty() && !merge(into, other)) {
    ++demand.other_bounds;
  }
}

}  // namespace

Demand total_demand(std::span<const PodReport> pods, const RequestShape& mean_request) {
  Demand demand;
  double requests = 0;
  double prefill = 0;
  double decode = 0;
  PartialSum kv;
  PartialSum running;
  PartialSum waiting;
  double others = 0;  // of each that runs
  for (const PodReport& pod : pods) {
    if (!pod.signals || !is_sound(*pod.signals)) {
      ++demand.missing;
      continue;
    }
    const Signals& seen = *pod.signals;
    ++demand.reporting;
    requests += seen.requests_per_s;
    demand.ended += seen.ended_per_s;
    prefill += seen.prefill_tokens_per_s;
    decode += seen.decode_tokens_per_s;
    kv.add(seen.kv_tokens);
    running.add(seen.running);
    const double alike = seen.running.value_or(0);
    others += alike * std::max(0.0, alike - 1);
    waiting.add(seen.waiting);
    demand.untold_queues += seen.waiting ? 0 : 1;
    merge_into(demand.ttft, seen.ttft, demand);
    merge_into(demand.tpot, seen.tpot, demand);
  }
  if (demand.reporting == 0) {
    return demand;
  }
  demand.running = running.over(demand.reporting);
  demand.batch = running.sum > 0 ? std::optional(others / running.sum) : std::nullopt;
  demand.waiting = waiting.over(demand.reporting);
  demand.total = {
      .requests = requests, .prefill = prefill, .decode = decode, .kv = kv.over(demand.reporting)};
  if (demand.total.kv) {
    const double of_moment = requests > 0 ? prefill / requests : 0;
    const double mean = mean_request.input_tokens > 0 ? mean_request.input_tokens : of_moment;
    *demand.total.kv += demand.waiting.value_or(0) * mean;
  }
  return demand;
}

}  // namespace penstock::autoscale
