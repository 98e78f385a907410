#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/enums.h"
#include "lib/json/field.h"
#include "operator/autoscale/inputs.h"
#include "operator/autoscale/reasons.h"
#include "operator/autoscale/state.h"

namespace penstock::autoscale {

// What one part of the decision asked for.
struct Candidate {
  CandidateKind kind = CandidateKind::kReactive;
  int replicas = 0;

  bool operator==(const Candidate&) const = default;
  static constexpr auto fields() {
    using T = Candidate;
    return std::tuple{json::Field{"kind", &T::kind}, json::Field{"replicas", &T::replicas}};
  }
};

// A condition of the policy's status, less the times that whoever writes it adds.
struct Finding {
  std::string type;  // ScalingActive, MetricsAvailable, CapacityStarved, Conflict
  api::ConditionStatus status = api::ConditionStatus::kUnknown;
  std::string reason;
  std::string message;

  bool operator==(const Finding&) const = default;
  static constexpr auto fields() {
    using T = Finding;
    return std::tuple{json::Field{"type", &T::type, {.required = true}},
                      json::Field{"status", &T::status},
                      json::Field{"reason", &T::reason, {.required = true}},
                      json::Field{"message", &T::message, {.length_min = 0, .length_max = 2'048}}};
  }
};

struct Decision {
  int current = 0;  // spec.replicas
  int desired = 0;
  std::optional<int> write;  // what to patch into /scale; nullopt: nothing
  Reason reason = Reason::kOff;
  Withheld withheld = Withheld::kNo;
  int recommended = 0;                // before behavior, consolidation and bounds
  int supply = 0;                     // ready, and starting within the deadline
  double excess_burst_capacity = 0;   // in replicas; negative: buffer requests
  std::vector<Candidate> candidates;  // those that had something to say
  std::vector<Finding> conditions;

  bool operator==(const Decision&) const = default;
  static constexpr auto fields() {
    using T = Decision;
    return std::tuple{json::Field{"current", &T::current},
                      json::Field{"desired", &T::desired},
                      json::Field{"write", &T::write},
                      json::Field{"reason", &T::reason},
                      json::Field{"withheld", &T::withheld},
                      json::Field{"recommended", &T::recommended},
                      json::Field{"supply", &T::supply},
                      json::Field{"excessBurstCapacity", &T::excess_burst_capacity},
                      json::Field{"candidates", &T::candidates},
                      json::Field{"conditions", &T::conditions}};
  }
};

struct Outcome {
  Decision decision;
  State state;
};

// One decision about one target: the same inputs and state always give the same outcome.
Outcome decide(const Inputs& inputs, State state);

}  // namespace penstock::autoscale
