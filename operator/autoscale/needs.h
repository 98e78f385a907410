#pragma once

#include <optional>
#include <vector>

#include "operator/autoscale/decision.h"

namespace penstock::autoscale {

// How many replicas each part of the decision asks for, before anything holds it back.
struct Needs {
  std::optional<int> reactive;    // nullopt: nothing was measured, or no capacity is known
  std::optional<int> peaks;       // within the budget; nullopt: the same
  std::optional<int> burst;       // nullopt: the same, or no room is asked for
  std::optional<int> triggers;    // nullopt: there are none
  std::optional<int> predictive;  // nullopt: no trained forecast
  std::optional<int> budgeted;    // the same within the budget
  int floor = 1;
  bool measured = false;        // load in both windows
  bool capacity_known = false;  // in a dimension that was measured
  // Something tells how busy replicas compute: a rate that one of them can do, a trigger that asks
  // for some, or that nobody asks anything of them. The KV cache, whose size an engine tells at
  // once, may be half empty at any rate.
  bool busyness_known = false;
  bool in_panic = false;
  // The forecast is worth a replica where there is none: at least a tenth of one.
  bool forecast_wakes = false;
  double excess_burst_capacity = 0;
};

// Of a replica: what is expected below it is nobody.
inline constexpr double kWakingShare = 0.1;

// What the trained forecasts expect at the least level that is at least `quantile`, as a number of
// full replicas; nullopt: none is trained, or no capacity is known.
std::optional<double> expected_replicas(const std::vector<Forecast>& forecasts, double quantile,
                                        const Load& one);

Needs needs_of(const Inputs& inputs, int supply, ReactiveState& state);

std::vector<Candidate> candidates_of(const Needs& needs);

// The largest of them within the bounds on replicas, and why it is that many.
struct Recommendation {
  int replicas = 0;
  Reason reason = Reason::kSteady;
};

// Without data, or with nothing known of a replica's capacity and no trigger, it is what there is.
// On the way down each pod that said nothing counts as fully loaded, as for a
// HorizontalPodAutoscaler; on the way up as without load.
Recommendation recommend(const Inputs& inputs, const Needs& needs);

}  // namespace penstock::autoscale
