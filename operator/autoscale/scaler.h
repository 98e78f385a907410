#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operator/autoscale/capacity.h"
#include "operator/autoscale/decision_record.h"
#include "operator/autoscale/demand.h"
#include "operator/autoscale/forecasts.h"
#include "operator/autoscale/full_pods.h"
#include "operator/autoscale/lead_time.h"
#include "operator/autoscale/load_history.h"
#include "operator/autoscale/mean_request.h"
#include "operator/autoscale/schedule.h"
#include "operator/autoscale/service_trackers.h"
#include "operator/autoscale/sight.h"
#include "operator/autoscale/starts.h"
#include "operator/autoscale/trigger_votes.h"

namespace penstock::autoscale {

// What nodes have to carry by the time that one ordered now would serve.
struct NodeForecast {
  LeadTime lead;                // of a replica whose node has to be made, too
  std::optional<int> replicas;  // nullopt: no trained forecast, or no capacity is known
};

// What a policy asks for.
struct ScalerSettings {
  Settings decisions;                 // its objectives: the percentile's
  int percentile = 95;                // of the objectives, 50 … 99
  Load configured;                    // capacity of one replica, where the policy says so
  milliseconds panic_window{20'000};  // bursts of seconds wait in queues: no start is that quick
  double burst_requests = 0;          // that may come at once beyond the load and find room
  std::vector<WeeklyFloor> schedules;
  std::vector<TriggerSettings> triggers;

  bool operator==(const ScalerSettings&) const = default;
};

// One target's whole way from what is seen to a decision, with what is learned on it. Asked about
// once a second.
//
// Memory:  some 250 KB, 10 KB for each further accelerator, and 100 bytes for each pod, twice that
//          for one that is full.
// Threads: not safe. Deterministic: the same sights give the same decisions.
class Scaler {
 public:
  Scaler(std::string target, const ScalerSettings& settings);

  // The policy was edited: what was learned stays.
  void set(const ScalerSettings& settings);

  // Replicas that an operator before this one wrote last: they are nobody else's.
  void adopt(int replicas, Time now);
  // Replicas that somebody else set then, as an operator before this one saw.
  void adopt_drift(Time since);
  // Another object has the target's name: who set its replicas is not known, nor what was asked of
  // it. What was learned of its pods stays.
  void forget_target() { state_ = {}; }

  // The decision for this moment, with all that it was made of. A clock that is set back by a few
  // seconds stands still for as long. Where it is set back further, what was seen at times that are
  // yet to come is forgotten, as after a restart: nothing shrinks on it.
  DecisionRecord tick(const Sight& sight);

  // How long a replica takes to serve: what nine of ten starts did not exceed.
  [[nodiscard]] LeadTime lead_time() const;

  // Of the same forecast, as far ahead as a node takes: replicas for the least quantile that is at
  // least `quantile`, as seen by the last tick.
  [[nodiscard]] NodeForecast node_forecast(Time now, double quantile) const;

 private:
  DecisionRecord step(const Sight& sight);
  void set_back(Time now);
  void learn_capacity(const Sight& sight);
  void learn_limits(const Sight& sight);
  [[nodiscard]] std::optional<double> sequences_max() const;
  void notice_engine(const Sight& sight);
  void notice_accelerator(const Sight& sight);
  void look_at_service(Time now);
  [[nodiscard]] Capacity capacity_of(const EngineLimits& limits) const;

  const std::string target_;
  ScalerSettings settings_;
  std::string accelerator_;  // of the replicas that served last
  LoadHistory history_;
  LoadForecasts forecasts_;
  CapacityModel capacity_;
  ServiceTrackers services_;
  LeadTimes lead_times_;
  TriggerVotes votes_;
  Starts starts_;
  FullPods full_;
  EngineLimits limits_;          // of the engines that are there, or of the last ones
  EngineLimits told_;            // those that engines of the newest revision told last
  std::string revision_;         // the newest one
  std::string engine_revision_;  // that most replicas serve with
  MeanRequest mean_request_;
  ServiceView view_;
  std::optional<double> patience_s_;  // of a replica, as last known
  Load one_;                          // what a replica carries
  Time looked_;
  Time now_;  // of the last tick
  State state_;
};

}  // namespace penstock::autoscale
