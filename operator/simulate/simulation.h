#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <vector>

#include "lib/json/field.h"
#include "operator/simulate/arrival.h"
#include "operator/simulate/autoscaler.h"
#include "operator/simulate/fleet.h"
#include "operator/simulate/ledger.h"

namespace penstock::simulate {

struct Setup {
  FleetSettings fleet;
  Promise promise;
  int replicas = 1;          // that serve at second 0
  double duration_s = 0;     // of the load; 0: until its last request
  double judged_from_s = 0;  // what ends, costs or changes before counts for nothing in the summary
  double interval_s = 60;    // one row of the report
};

// What was expected of an interval, requests/s: the mean of all forecasts that were due in it.
struct Expectation {
  double mean_per_s = 0;
  double quantile_per_s = 0;  // that was acted on
};

// What happened in one interval.
struct Interval {
  double at_s = 0;            // its start
  double requests_per_s = 0;  // that came
  double desired = 0;         // spec.replicas, mean
  double ready = 0;           // replicas that serve, mean
  std::int64_t waiting = 0;   // requests in queues, the most
  std::int64_t ended = 0;
  std::int64_t missed = 0;              // of them, the promise
  std::optional<Expectation> expected;  // nullopt: nobody forecast anything for it
};

struct Summary {
  std::int64_t requests = 0;
  double attainment = 1;  // share of requests that kept the promise
  double ttft_p50_s = 0;
  double ttft_p99_s = 0;
  double tpot_p99_s = 0;
  double replica_hours = 0;         // from the wish for a replica until it is gone
  std::int64_t changes = 0;         // of spec.replicas
  std::int64_t replicas_moved = 0;  // the sum of their sizes
  std::int64_t replicas_most = 0;
  std::int64_t backlog_most = 0;     // requests in queues
  std::optional<double> node_hours;  // from the order for one until it is gone; nullopt: no nodes

  bool operator==(const Summary&) const = default;
  static constexpr auto fields() {
    using T = Summary;
    return std::tuple{json::Field{"requests", &T::requests},
                      json::Field{"attainment", &T::attainment},
                      json::Field{"ttftP50Seconds", &T::ttft_p50_s},
                      json::Field{"ttftP99Seconds", &T::ttft_p99_s},
                      json::Field{"tpotP99Seconds", &T::tpot_p99_s},
                      json::Field{"replicaHours", &T::replica_hours},
                      json::Field{"changes", &T::changes},
                      json::Field{"replicasMoved", &T::replicas_moved},
                      json::Field{"replicasMost", &T::replicas_most},
                      json::Field{"backlogMost", &T::backlog_most},
                      json::Field{"nodeHours", &T::node_hours}};
  }
};

struct Outcome {
  Summary summary;
  std::vector<Interval> intervals;
};

// Plays the load to the fleet, asking the autoscaler each second. The same arguments give the same
// run. Replicas and nodes cost from the moment they are asked for. What has not ended when the load
// does is awaited for ten minutes at the last number of replicas, which costs nothing; what is then
// left missed its promise. `progress` gets the share of the load that is over, now and then; may be
// empty.
Outcome simulate(const Arrivals& load, Autoscaler& autoscaler, const Setup& setup,
                 const std::function<void(double)>& progress = {});

}  // namespace penstock::simulate
