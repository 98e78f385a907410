#include "operator/autoscale/queue_model.h"

#include <algorithm>
#include <cmath>

namespace penstock::autoscale {
namespace {

constexpr double kMsPerSecond = 1'000;
constexpr int kBisections = 24;  // 2^-24 < 1e-7

// Sums over the chain's states, in units of a weight that shrinks whenever they grow too large for
// a double; what a later state dwarfs by 1e200 is gone without a trace.
struct ChainSums {
  double weight = 1;  // of the last state
  double all = 1;
  double present = 0;
  double served = 0;

  void add(double state, double batch) {
    all += weight;
    present += state * weight;
    served += batch * weight;
    if (all > 1e200) {
      constexpr double kScale = 1e-200;
      weight *= kScale;
      all *= kScale;
      present *= kScale;
      served *= kScale;
    }
  }
};

// Adds the states in which all of `batch` are served and 1 … `waiting` wait: a geometric series, in
// closed form where 1 - ratio is large enough for it to keep its digits.
void add_waiting(ChainSums& sums, double ratio, int batch, int waiting) {
  if (ratio > 1 - 5e-4) {
    for (int i = 1; i <= waiting; ++i) {
      sums.weight *= ratio;
      sums.add(batch + i, batch);
    }
    return;
  }
  const double last = std::pow(ratio, waiting);
  const double rest = 1 - ratio;
  const double states = ratio * (1 - last) / rest;
  const double positions =
      ratio * (1 - (waiting + 1) * last + waiting * last * ratio) / (rest * rest);
  sums.all += sums.weight * states;
  sums.present += sums.weight * (batch * states + positions);
  sums.served += sums.weight * batch * states;
  sums.weight *= last;
}

EngineBounds within_states(EngineBounds bounds) {
  bounds.batch_max = std::clamp(bounds.batch_max, 1, kStatesMax);
  bounds.queue_max = std::clamp(bounds.queue_max, 0, kStatesMax - bounds.batch_max);
  return bounds;
}

}  // namespace

BatchLatency::BatchLatency(const ServiceParameters& parameters, const RequestShape& shape)
    : a_(parameters.a) {
  const auto& [a, b, g] = parameters;
  const double input = std::max(0.0, shape.input_tokens);
  const double output = std::max(1.0, shape.output_tokens);
  const double attended = g * (input + output / 2);
  per_request_ms_ = b * (input + output) / (output + 1) + attended;
  prompt_ms_ = (b + g) * input;
  token_ms_ = b + attended;
}

QueueModel::QueueModel(const ServiceParameters& parameters, const RequestShape& shape,
                       const EngineBounds& bounds)
    : latency_(parameters, shape),
      output_tokens_(std::max(1.0, shape.output_tokens)),
      bounds_(within_states(bounds)) {
  service_ms_.reserve(static_cast<std::size_t>(bounds_.batch_max));
  for (int n = 1; n <= bounds_.batch_max; ++n) {
    service_ms_.push_back((latency_.prefill_ms(n) + output_tokens_ * latency_.decode_ms(n)) / n);
  }
}

double QueueModel::rate_max() const {
  return 0.999 / service_ms_.back() * kMsPerSecond;
}

Performance QueueModel::at(double requests_per_s) const {
  const double lambda = requests_per_s / kMsPerSecond;
  ChainSums sums;
  for (int n = 1; n <= bounds_.batch_max; ++n) {
    sums.weight *= lambda * service_ms_[static_cast<std::size_t>(n - 1)];
    sums.add(n, n);
  }
  add_waiting(sums, lambda * service_ms_.back(), bounds_.batch_max, bounds_.queue_max);

  Performance result;
  result.refused = sums.weight / sums.all;
  result.served = sums.served / sums.all;
  const double throughput = lambda * (1 - result.refused);
  const double service = result.served / throughput;
  result.throughput = throughput * kMsPerSecond;
  result.wait_ms = std::max(0.0, sums.present / sums.all / throughput - service);
  const double prefill = latency_.prefill_ms(result.served);
  result.itl_ms = (service - prefill) / output_tokens_;
  result.ttft_ms = result.wait_ms + prefill + result.itl_ms;
  return result;
}

template <class Keeps>
double QueueModel::highest(double high, const Keeps& keeps) const {
  if (keeps(at(high))) {
    return high;
  }
  double low = std::min(high, 0.001 / service_ms_.front() * kMsPerSecond);
  if (!keeps(at(low))) {
    return 0;
  }
  for (int i = 0; i < kBisections; ++i) {
    const double middle = (low + high) / 2;
    (keeps(at(middle)) ? low : high) = middle;
  }
  return low;
}

SustainableRate QueueModel::sustainable(const Objectives& objectives) const {
  SustainableRate result{.requests_per_s = rate_max()};
  // Each objective is looked for below what those before it allow.
  const auto narrow = [&](BoundBy by, const std::optional<double>& objective,
                          double Performance::* latency_ms) {
    if (!objective || result.requests_per_s == 0) {
      return;
    }
    const double rate = highest(result.requests_per_s, [&](const Performance& seen) {
      return seen.*latency_ms <= *objective;
    });
    if (rate < result.requests_per_s) {
      result.requests_per_s = rate;
      result.bound_by = by;
    }
  };
  narrow(BoundBy::kTtft, objectives.ttft_ms, &Performance::ttft_ms);
  narrow(BoundBy::kItl, objectives.itl_ms, &Performance::itl_ms);
  result.served = result.requests_per_s > 0 ? at(result.requests_per_s).served : 0;
  return result;
}

}  // namespace penstock::autoscale
