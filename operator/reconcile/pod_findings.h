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

// REQUIRES: older policies have some of the pods.
Problem conflict(const PodCensus& census);

// Of a policy that is not good.
Problem config_map_lost(const kube::ObjectMeta& policy);

// What is to be said of a policy's pods.
class PodFindings {
 public:
  // `selector`: which pods those are; `awaited`: what the next replacement waits for. What is
  // passed outlives the findings.
  PodFindings(const Policy& policy, const Settings& settings, const api::LabelSelector& selector,
              const PodCensus& census, const std::string& awaited)
      : policy_(policy),
        settings_(settings),
        selector_(selector),
        census_(census),
        awaited_(awaited) {}

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
  // Of pods that are there and of new ones.
  [[nodiscard]] std::vector<std::int64_t> status_ports() const;
  [[nodiscard]] std::string what_restarts() const;
  [[nodiscard]] std::string refusal() const;
  [[nodiscard]] Problem refused_by(const std::string& release, const Refusal& refusal) const;

  const Policy& policy_;
  const Settings& settings_;
  const api::LabelSelector& selector_;
  const PodCensus& census_;
  const std::string& awaited_;
};

}  // namespace penstock::reconcile
