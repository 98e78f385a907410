#include "operator/autoscale/consolidation.h"

namespace penstock::autoscale {
namespace {

using enum ConsolidationLimit;

// Tests one number of remaining replicas.
class Test {
 public:
  Test(const ConsolidationInput& input, const ConsolidationThresholds& thresholds)
      : input_(input), thresholds_(thresholds) {
    if (input.service) {
      model_.emplace(input.service->parameters, input.service->shape, input.service->bounds);
    }
  }

  [[nodiscard]] ConsolidationLimit at(int remaining) const {
    for (const Dimension dimension : kDimensions) {
      const std::optional<double>& total = input_.tail.*member_of(dimension);
      const std::optional<double>& one = input_.capacity.*member_of(dimension);
      const bool is_kv = dimension == Dimension::kKv;
      const double share = is_kv ? thresholds_.kv_max : thresholds_.utilization_max;
      if (total && one && *total > *one * share * remaining) {
        return is_kv ? kKv : kUtilization;
      }
    }
    return latency(remaining);
  }

 private:
  [[nodiscard]] ConsolidationLimit latency(int remaining) const {
    std::optional<double> ttft;
    std::optional<double> itl;
    const double requests_per_s = input_.tail.requests.value_or(0);
    if (model_ && requests_per_s > 0) {
      const Performance seen = model_->at(requests_per_s / remaining);
      ttft = seen.ttft_ms;
      itl = seen.itl_ms;
    } else if (!model_) {
      const double growth = static_cast<double>(input_.replicas) / remaining;
      ttft = grown(input_.ttft_ms, growth);
      itl = grown(input_.itl_ms, growth);
    }
    if (exceeds(ttft, input_.objectives.ttft_ms)) {
      return kTtft;
    }
    return exceeds(itl, input_.objectives.itl_ms) ? kItl : kNothing;
  }

  static std::optional<double> grown(const std::optional<double>& value, double factor) {
    return value ? std::optional(*value * factor) : std::nullopt;
  }

  [[nodiscard]] bool exceeds(const std::optional<double>& value,
                             const std::optional<double>& objective) const {
    return value && objective && *value > *objective * thresholds_.objective_share;
  }

  const ConsolidationInput& input_;
  const ConsolidationThresholds& thresholds_;
  std::optional<QueueModel> model_;
};

}  // namespace

Consolidation consolidate(const ConsolidationInput& input,
                          const ConsolidationThresholds& thresholds) {
  if (input.coverage < thresholds.coverage_min) {
    return {.limit = kNoHistory};
  }
  if (!in_replicas(input.tail, input.capacity)) {
    return {.limit = kNoCapacity};
  }
  const Test test(input, thresholds);
  // Fewer replicas are never safer, so the border is found by halving.
  int safe = input.replicas;
  int unsafe = 0;
  ConsolidationLimit limit = kNothing;
  while (safe - unsafe > 1) {
    const int middle = unsafe + (safe - unsafe) / 2;
    const ConsolidationLimit found = test.at(middle);
    if (found == kNothing) {
      safe = middle;
    } else {
      unsafe = middle;
      limit = found;
    }
  }
  return {.removable = input.replicas - safe, .limit = limit};
}

}  // namespace penstock::autoscale
