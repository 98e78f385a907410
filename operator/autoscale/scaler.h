#pragma once

#include <cstdint>
#include <map>
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
#include "operator/autoscale/schedule.h"
#include "operator/autoscale/service_tracker.h"
#include "operator/autoscale/trigger_votes.h"

namespace penstock::autoscale {

// What is seen of one pod of a target at one moment.
struct PodSight {
  std::string name;
  std::string accelerator;  // its type, where known
  Time created;
  std::optional<Time> ready_since;  // nullopt: it does not serve
  StartPath path = StartPath::kPod;
  std::string revision;  // of its template: with another one the engine may be another
  EngineLimits limits;
  std::optional<Signals> signals;  // nullopt: it said nothing, or has just begun to
};

// What is seen of a target at one moment. The live operator and the simulator make these; all that
// follows is the same for both.
struct Sight {
  Time now;
  int replicas = 0;            // spec.replicas of the live object
  std::string other_scaler;    // empty: nobody else scales it
  int held_requests = 0;       // that wait for a first replica
  bool hold_ready = true;      // somebody would hold them
  std::vector<PodSight> pods;  // without those that are finished or on their way out
  UsageSight cpu;              // only where a trigger asks for it
  UsageSight memory;           // the same
};

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
  std::vector<WeeklyFloor> schedules;
  std::vector<TriggerSettings> triggers;

  bool operator==(const ScalerSettings&) const = default;
};

// One target's whole way from what is seen to a decision, with what is learned on it. Asked about
// once a second.
//
// Memory:  some 250 KB, and 100 bytes for each pod, twice that for one that is full.
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

  // The decision for this moment, with all that it was made of. Times do not go back.
  DecisionRecord tick(const Sight& sight);

  // How long a replica takes to serve: what nine of ten starts did not exceed.
  [[nodiscard]] LeadTime lead_time() const;

  // Of the same forecast, as far ahead as a node takes: replicas for the least quantile that is at
  // least `quantile`, as seen by the last tick.
  [[nodiscard]] NodeForecast node_forecast(Time now, double quantile) const;

 private:
  struct Start {
    Time created;
    bool served = false;
  };

  void learn_shape(Time now, const Demand& demand);
  void learn_starts(const Sight& sight);
  void learn_capacity(const Sight& sight);
  void learn_limits(const Sight& sight);
  void notice_engine(const Sight& sight);
  [[nodiscard]] Capacity capacity_of(const EngineLimits& limits) const;

  const std::string target_;
  ScalerSettings settings_;
  std::string accelerator_;  // of the replicas that served last
  LoadHistory history_;
  LoadForecasts forecasts_;
  CapacityModel capacity_;
  ServiceTracker service_;
  LeadTimes lead_times_;
  TriggerVotes votes_;
  std::map<std::string, Start> starts_;  // of pods that are there, by name
  FullPods full_;
  EngineLimits limits_;          // of the engines that are there, or of the last ones
  EngineLimits told_;            // those that engines of the newest revision told last
  std::string revision_;         // the newest one
  std::string engine_revision_;  // that most replicas serve with
  std::optional<Time> first_measured_;
  Time measured_;           // the last second that somebody told of,
  milliseconds loaded_{0};  // how long there was load,
  Load mean_;               // and its rates, of newer seconds more
  RequestShape shape_;
  ServiceView view_;
  std::optional<double> patience_s_;  // of a replica, as last known
  Load one_;                          // what a replica carries
  Time looked_;
  State state_;
};

}  // namespace penstock::autoscale
