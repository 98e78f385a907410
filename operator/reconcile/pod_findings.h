#pragma once

#include <string>
#include <vector>

#include "operator/reconcile/conditions.h"
#include "operator/reconcile/pod_census.h"

namespace penstock::reconcile {

// Something that keeps a policy from being what it should be.
struct Problem {
  std::string reason;   // CamelCase
  std::string message;  // what to do, for a person
};

// What is to be said of a policy's pods.
class PodFindings {
 public:
  // `selector`: which pods those are. What is passed outlives the findings.
  PodFindings(const Policy& policy, const Settings& settings, const api::LabelSelector& selector,
              const PodCensus& census)
      : policy_(policy), settings_(settings), selector_(selector), census_(census) {}

  // How many carry the sidecar. `own_pre_stop`: the engine keeps a hook of its own.
  void state_injected(bool own_pre_stop, Conditions& conditions) const;
  // How many run version `hash`, and whether traffic passes them.
  void state_programmed(const std::string& hash, Conditions& conditions) const;
  // The first matters most.
  [[nodiscard]] std::vector<Problem> problems() const;
  // "2 of 3 pods carry the sidecar".
  [[nodiscard]] std::string carriers() const;

 private:
  [[nodiscard]] std::string what_opens() const;
  [[nodiscard]] std::string what_restarts() const;
  [[nodiscard]] std::string refusal() const;

  const Policy& policy_;
  const Settings& settings_;
  const api::LabelSelector& selector_;
  const PodCensus& census_;
};

// Whether the operator itself replaces pods that need it.
bool restarts(const Policy& policy);

}  // namespace penstock::reconcile
