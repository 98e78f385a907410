#include "operator/autoscale/capacity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace penstock::autoscale {
namespace {

constexpr int kBucketMax = 20;  // a million output tokens

int bucket_of(double output_tokens) {
  const double exact = std::log2(std::max(1.0, output_tokens));
  return static_cast<int>(std::clamp(exact, 0.0, double{kBucketMax}));
}

bool is_number(const Load& load) {
  return std::ranges::all_of(kDimensions, [&](Dimension dimension) {
    const std::optional<double>& value = load.*member_of(dimension);
    return !value || (std::isfinite(*value) && *value >= 0);
  });
}

std::optional<double> median(const std::vector<Load>& samples, Dimension dimension) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const Load& sample : samples) {
    // Zero is a replica that took nothing while requests waited: stuck, not full.
    if (const std::optional<double>& value = sample.*member_of(dimension); value && *value > 0) {
      values.push_back(*value);
    }
  }
  if (values.size() * 2 < samples.size() || values.empty()) {
    return std::nullopt;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

// S alone bounds the queue model, and says nothing of KV: prompts that a cache shortened hold all
// of their tokens, and of several ranks it is that of one.
std::optional<double> by_engine_limits(const EngineLimits& limits, const RequestShape& shape) {
  const bool requests_known = shape.input_tokens > 0;  // else no replica is full at nothing
  if (!requests_known || !limits.batched_tokens_max) {
    return std::nullopt;
  }
  const double input = shape.input_tokens;
  const double output = std::max(1.0, shape.output_tokens);
  const double by_tokens = *limits.batched_tokens_max * output / (input + output);
  return std::min(limits.sequences_max.value_or(by_tokens), by_tokens) * (input + output / 2);
}

// Takes `value` where it is the smaller one.
void narrow(std::optional<double>& into, CapacitySource& source, const std::optional<double>& value,
            CapacitySource of) {
  if (value && *value > 0 && (!into || *value < *into)) {
    into = value;
    source = of;
  }
}

constexpr std::array kRates{Dimension::kRequests, Dimension::kPrefill, Dimension::kDecode};

// A full replica is at its limit in one rate and need not be in the others: one that is full of
// prompts ends few requests and gives few tokens. So where the model knows a rate, what was seen
// shortens all of them alike, by the one that comes the nearest to it.
void narrow_rates(const std::vector<Load>& samples, Capacity& to) {
  double share = 0;  // of the model's rates
  for (const Dimension rate : kRates) {
    const std::optional<double> observed = median(samples, rate);
    if (const std::optional<double>& one = to.one.*member_of(rate); one && observed) {
      share = std::max(share, *observed / *one);
    }
  }
  if (to.rate_source == CapacitySource::kQueueModel && share > 0 && share < 1) {
    to.rate_source = CapacitySource::kObserved;
    for (const Dimension rate : kRates) {
      if (std::optional<double>& one = to.one.*member_of(rate)) {
        *one *= share;
      }
    }
  }
  for (const Dimension rate : kRates) {
    if (std::optional<double>& one = to.one.*member_of(rate); !one) {
      narrow(one, to.rate_source, median(samples, rate), CapacitySource::kObserved);
    }
  }
}

}  // namespace

bool CapacityModel::observe(Time now, const CapacitySample& sample) {
  if (sample.pod_age < settings_.warm_up || !(sample.waiting >= settings_.queue_threshold) ||
      !is_number(sample.carried)) {
    return false;
  }
  const Key key{sample.accelerator, bucket_of(sample.output_tokens)};
  auto found = samples_.find(key);
  if (found == samples_.end()) {
    if (samples_.size() == kKeysMax) {
      return false;
    }
    found = samples_.emplace(key, Samples{}).first;
  } else if (std::chrono::abs(now - found->second.last) < settings_.spacing) {
    return false;
  }
  Samples& samples = found->second;
  samples.last = now;
  if (samples.ring.size() < kSamplesMax) {
    samples.ring.push_back(sample.carried);
  } else {
    samples.ring[samples.next] = sample.carried;
    samples.next = (samples.next + 1) % kSamplesMax;
  }
  return true;
}

void CapacityModel::renew() {
  for (auto& [key, samples] : samples_) {
    std::vector<Load>& ring = samples.ring;
    const auto oldest =
        static_cast<std::ptrdiff_t>(samples.next % std::max<std::size_t>(1, ring.size()));
    std::ranges::rotate(ring, ring.begin() + oldest);
    const auto kept = std::min<std::ptrdiff_t>(std::ssize(ring), settings_.samples_min);
    ring.erase(ring.begin(), ring.end() - kept);
    samples.next = 0;
  }
}

const CapacityModel::Samples* CapacityModel::nearest(const std::string& accelerator,
                                                     int bucket) const {
  const Samples* best = nullptr;
  int distance = kBucketMax + 1;
  for (auto at = samples_.lower_bound({accelerator, 0});
       at != samples_.end() && at->first.first == accelerator; ++at) {
    const int away = std::abs(at->first.second - bucket);
    if (std::ssize(at->second.ring) >= settings_.samples_min && away < distance) {
      best = &at->second;
      distance = away;
    }
  }
  return best;
}

void CapacityModel::set_kv(const CapacityQuery& query, const Samples* seen, Capacity& to) const {
  if (query.configured.kv) {
    to.one.kv = query.configured.kv;
    to.kv_source = CapacitySource::kConfigured;
    return;
  }
  if (query.limits.kv_tokens) {
    narrow(to.one.kv, to.kv_source, *query.limits.kv_tokens * settings_.kv_share,
           CapacitySource::kKvLimit);
  }
  const std::optional<double> observed =
      seen != nullptr ? median(seen->ring, Dimension::kKv) : std::nullopt;
  if (observed) {
    narrow(to.one.kv, to.kv_source, observed, CapacitySource::kObserved);
  } else {
    narrow(to.one.kv, to.kv_source, by_engine_limits(query.limits, query.shape),
           CapacitySource::kEngineLimits);
  }
}

void CapacityModel::set_rates(const CapacityQuery& query, const Samples* seen, Capacity& to) {
  const Load& said = query.configured;
  if (said.requests || said.prefill || said.decode) {
    to.one.requests = said.requests;
    to.one.prefill = said.prefill;
    to.one.decode = said.decode;
    to.rate_source = CapacitySource::kConfigured;
    return;
  }
  if (query.sustainable_per_s && *query.sustainable_per_s > 0) {
    // A shape without input or output tokens says nothing of what a replica can take of them.
    const double rate = *query.sustainable_per_s;
    narrow(to.one.requests, to.rate_source, rate, CapacitySource::kQueueModel);
    narrow(to.one.prefill, to.rate_source, rate * query.shape.input_tokens,
           CapacitySource::kQueueModel);
    narrow(to.one.decode, to.rate_source, rate * query.shape.output_tokens,
           CapacitySource::kQueueModel);
  }
  if (seen != nullptr) {
    narrow_rates(seen->ring, to);
  }
}

Capacity CapacityModel::capacity(const CapacityQuery& query) const {
  Capacity result;
  const Samples* seen = nearest(query.accelerator, bucket_of(query.shape.output_tokens));
  set_kv(query, seen, result);
  set_rates(query, seen, result);
  return result;
}

}  // namespace penstock::autoscale
