#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>

#include "lib/json/field.h"
#include "operator/autoscale/load.h"
#include "operator/autoscale/queue_model.h"

// Whether fewer replicas would do, asked before any is taken away: the *tail* of the demand over a
// whole window, spread over n - k replicas, must keep utilisation, KV and predicted latency under
// their thresholds. (Dynamo asks the same of the demand of the moment, for k = 1.)
namespace penstock::autoscale {

struct ConsolidationInput {
  int replicas = 0;                     // n
  Load tail;                            // a high quantile (p95, p99) of the demand over the window
  double coverage = 0;                  // share (0 … 1) of the window that has data
  Load capacity;                        // of one replica
  Objectives objectives;                // of the means that the queue model predicts
  std::optional<ServiceModel> service;  // nullopt: latency is not predicted
  // Measured at n replicas, a high quantile over the window. Used where `service` is not known: it
  // is taken to grow by n / (n - k).
  std::optional<double> ttft_ms;
  std::optional<double> itl_ms;
};

struct ConsolidationThresholds {
  double utilization_max = 1;    // of capacity in requests, prefill and decode
  double kv_max = 1;             // of KV capacity, which has its own reserve taken off already
  double objective_share = 0.8;  // of an objective that predicted latency may reach
  double coverage_min = 0.9;     // of the window, before anything is believed

  bool operator==(const ConsolidationThresholds&) const = default;
  static constexpr auto fields() {
    using T = ConsolidationThresholds;
    return std::tuple{json::Field{"utilizationMax", &T::utilization_max},
                      json::Field{"kvMax", &T::kv_max},
                      json::Field{"objectiveShare", &T::objective_share},
                      json::Field{"coverageMin", &T::coverage_min}};
  }
};

enum class ConsolidationLimit : std::uint8_t {
  kNothing,  // all of them could go, as far as load is concerned
  kNoHistory,
  kNoCapacity,
  kUtilization,
  kKv,
  kTtft,
  kItl,
};

struct Consolidation {
  int removable = 0;  // the largest k, 0 … n - 1, that is safe
  // What keeps one more from going.
  ConsolidationLimit limit = ConsolidationLimit::kNothing;
};

Consolidation consolidate(const ConsolidationInput& input,
                          const ConsolidationThresholds& thresholds);

}  // namespace penstock::autoscale
