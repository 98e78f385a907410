#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>

#include "lib/api/enums.h"
#include "lib/json/field.h"
#include "operator/autoscale/behavior.h"
#include "operator/autoscale/consolidation.h"
#include "operator/autoscale/reactive.h"

// What a policy asks of the autoscaler, resolved: defaults filled in, schedules left out (their
// floor of the moment is an input).
namespace penstock::autoscale {

using Mode = api::ScalingMode;

// How far the forecast, and what peaks let expect, may go beyond what the load of the moment needs.
// Never below it.
struct Budget {
  std::optional<int> replicas;                               // >= 0
  std::optional<std::int64_t> picodollars_per_hour;          // >= 0
  std::optional<std::int64_t> replica_picodollars_per_hour;  // the price; > 0

  bool operator==(const Budget&) const = default;
  static constexpr auto fields() {
    using T = Budget;
    return std::tuple{
        json::Field{"replicas", &T::replicas, {.min = 0, .max = 1'000'000}},
        json::Field{"picodollarsPerHour", &T::picodollars_per_hour, {.min = 0}},
        json::Field{"replicaPicodollarsPerHour", &T::replica_picodollars_per_hour, {.min = 0}}};
  }
};

struct Predictive {
  bool enabled = true;
  double quantile = 0.75;    // the least upper quantile that is acted on
  double utilization = 0.8;  // of a replica's capacity that the forecast plans with; (0, 1]

  bool operator==(const Predictive&) const = default;
  static constexpr auto fields() {
    using T = Predictive;
    return std::tuple{json::Field{"enabled", &T::enabled},
                      json::Field{"quantile", &T::quantile, {.min = 0, .max = 1}},
                      json::Field{"utilization", &T::utilization, {.min = 0, .max = 1}}};
  }
};

struct ScaleToZero {
  bool enabled = false;
  milliseconds idle{600'000};  // without a request

  bool operator==(const ScaleToZero&) const = default;
  static constexpr auto fields() {
    using T = ScaleToZero;
    return std::tuple{json::Field{"enabled", &T::enabled}, json::Field{"idle", &T::idle}};
  }
};

struct Settings {
  Mode mode = Mode::kEnforce;
  int replicas_min = 1;
  int replicas_max = 10;
  double utilization = 0.8;  // of a replica's capacity that is planned with; (0, 1]
  ReactiveSettings reactive;
  Predictive predictive;
  Behavior behavior;
  ConsolidationThresholds consolidation;
  Objectives objectives;
  Budget budget;
  ScaleToZero scale_to_zero;
  milliseconds start_deadline{600'000};     // after which a replica that starts is no supply
  milliseconds drift_respected{1'800'000};  // how long a person's spec.replicas stands

  bool operator==(const Settings&) const = default;
  static constexpr auto fields() {
    using T = Settings;
    constexpr json::Rules kCount{.min = 0, .max = 1'000'000};
    return std::tuple{json::Field{"mode", &T::mode},
                      json::Field{"replicasMin", &T::replicas_min, kCount},
                      json::Field{"replicasMax", &T::replicas_max, kCount},
                      json::Field{"utilization", &T::utilization, {.min = 0, .max = 1}},
                      json::Field{"reactive", &T::reactive},
                      json::Field{"predictive", &T::predictive},
                      json::Field{"behavior", &T::behavior},
                      json::Field{"consolidation", &T::consolidation},
                      json::Field{"objectives", &T::objectives},
                      json::Field{"budget", &T::budget},
                      json::Field{"scaleToZero", &T::scale_to_zero},
                      json::Field{"startDeadline", &T::start_deadline},
                      json::Field{"driftRespected", &T::drift_respected}};
  }
};

}  // namespace penstock::autoscale
