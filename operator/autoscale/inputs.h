#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/json/field.h"
#include "operator/autoscale/capacity.h"
#include "operator/autoscale/load.h"
#include "operator/autoscale/queue_model.h"
#include "operator/autoscale/settings.h"
#include "operator/autoscale/sliding_extreme.h"
#include "operator/autoscale/triggers.h"

// Everything that a decision looks at, as plain values: a decision line holds all of it.
namespace penstock::autoscale {

inline constexpr std::size_t kStartingMax = 1'024;  // entries; starts of one moment share one
inline constexpr std::size_t kVotesMax = 32;
inline constexpr std::size_t kForecastsMax = 8;
inline constexpr std::size_t kQuantilesMax = 16;

// The live object, never our own memory of it.
struct Target {
  int replicas = 0;                  // spec.replicas
  bool defaulted = false;            // nobody says how many: it is the API server's own 1
  int ready = 0;                     // pods that serve
  std::vector<TimedCount> starting;  // pods that do not yet, by when they were created, and
                                     // replicas without a pod, by when they were first missed
  std::string other_scaler;  // who else scales it ("HorizontalPodAutoscaler web"); empty: nobody

  bool operator==(const Target&) const = default;
  static constexpr auto fields() {
    using T = Target;
    return std::tuple{
        json::Field{"replicas", &T::replicas}, json::Field{"defaulted", &T::defaulted},
        json::Field{"ready", &T::ready},
        json::Field{"starting", &T::starting, {.items_max = kStartingMax}},
        json::Field{"otherScaler", &T::other_scaler, {.length_min = 0, .length_max = 1'024}}};
  }
};

// What the pods carried, all of them together.
struct Observed {
  Load stable;  // mean of the stable window; no value: nothing was measured
  Load panic;   // mean of the panic window
  Load tail;    // a high quantile over the consolidation window; of requests what peaks
                // there were let expect, for at least so long
  std::optional<double> peak;  // the same of requests, without those of pods that said nothing
  double coverage = 0;         // share (0 … 1) of that window that has data
  int missing_pods = 0;        // that should serve and said nothing
  std::optional<double> tail_ttft_ms;
  std::optional<double> tail_itl_ms;
  std::optional<std::int64_t> active_ms;  // when a request was last there; nullopt: not known
  int held_requests = 0;                  // that wait for a first replica
  bool hold_ready = true;                 // somebody would hold them
  std::optional<milliseconds> unheld;     // that nobody would has been known for

  bool operator==(const Observed&) const = default;
  static constexpr auto fields() {
    using T = Observed;
    return std::tuple{json::Field{"stable", &T::stable},
                      json::Field{"panic", &T::panic},
                      json::Field{"tail", &T::tail},
                      json::Field{"peak", &T::peak},
                      json::Field{"coverage", &T::coverage},
                      json::Field{"missingPods", &T::missing_pods},
                      json::Field{"tailTtftMs", &T::tail_ttft_ms},
                      json::Field{"tailItlMs", &T::tail_itl_ms},
                      json::Field{"activeMs", &T::active_ms},
                      json::Field{"heldRequests", &T::held_requests},
                      json::Field{"holdReady", &T::hold_ready},
                      json::Field{"unheld", &T::unheld}};
  }
};

struct ForecastQuantile {
  double level = 0;  // (0, 1)
  double value = 0;

  bool operator==(const ForecastQuantile&) const = default;
  static constexpr auto fields() {
    using T = ForecastQuantile;
    return std::tuple{json::Field{"level", &T::level}, json::Field{"value", &T::value}};
  }
};

// The total over all replicas, in one dimension, `horizon` from now.
struct Forecast {
  Dimension dimension = Dimension::kRequests;
  double mean = 0;
  std::vector<ForecastQuantile> upper;  // ascending levels
  milliseconds horizon{0};              // the measured lead time
  bool trained = false;                 // false: it is left aside

  // The least level that is high enough, else the highest there is, else the mean.
  [[nodiscard]] ForecastQuantile at_least(double level) const;

  bool operator==(const Forecast&) const = default;
  static constexpr auto fields() {
    using T = Forecast;
    return std::tuple{json::Field{"dimension", &T::dimension}, json::Field{"mean", &T::mean},
                      json::Field{"upper", &T::upper, {.items_max = kQuantilesMax}},
                      json::Field{"horizon", &T::horizon}, json::Field{"trained", &T::trained}};
  }
};

struct Inputs {
  std::int64_t now_ms = 0;
  Settings settings;
  std::optional<milliseconds>
      lead;                 // of a replica's start, as measured; nullopt: too few were seen
  int scheduled_floor = 0;  // replicas that a schedule asks for at this moment
  Target target;
  Observed observed;
  Capacity capacity;                    // of one replica
  std::string accelerator;              // that most replicas have; empty: not known
  std::optional<ServiceModel> service;  // what predicts latency
  std::vector<Vote> votes;              // of classic triggers
  std::vector<Forecast> forecasts;

  bool operator==(const Inputs&) const = default;
  static constexpr auto fields() {
    using T = Inputs;
    return std::tuple{json::Field{"nowMs", &T::now_ms},
                      json::Field{"settings", &T::settings},
                      json::Field{"lead", &T::lead},
                      json::Field{"scheduledFloor", &T::scheduled_floor},
                      json::Field{"target", &T::target},
                      json::Field{"observed", &T::observed},
                      json::Field{"capacity", &T::capacity},
                      json::Field{"accelerator", &T::accelerator, {.length_min = 0}},
                      json::Field{"service", &T::service},
                      json::Field{"votes", &T::votes, {.items_max = kVotesMax}},
                      json::Field{"forecasts", &T::forecasts, {.items_max = kForecastsMax}}};
  }
};

}  // namespace penstock::autoscale
