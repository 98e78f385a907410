#include "operator/reconcile/pod_findings.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "operator/reconcile/advice.h"
#include "operator/reconcile/replacement.h"
#include "operator/reconcile/sidecar_container.h"

namespace penstock::reconcile {

using enum api::ConditionStatus;

Problem conflict(const PodCensus& census) {
  const bool is_one = census.taken_by.size() == 1;
  return {"Conflicted", (is_one ? "OptimizationPolicy " : "OptimizationPolicies ") +
                            listed(census.taken_by) +
                            (is_one ? " is older and keeps" : " are older and keep") +
                            " pods that both select: " + listed(census.taken)};
}

Problem config_map_lost(const kube::ObjectMeta& policy) {
  return {"ConfigMapLost", "ConfigMap " + config_map_name(policy.name) +
                               ", which held the last good version, is gone or was edited, and "
                               "nobody knows any more what that was: sidecars that find none pass "
                               "every request through; what mends the policy makes it anew"};
}

std::string PodFindings::carriers() const {
  return std::to_string(census_.counts.injected) + " of " +
         std::to_string(census_.counts.selected) + " pods carry the sidecar";
}

void PodFindings::state_injected(bool own_pre_stop, Conditions& conditions) const {
  if (census_.counts.selected == 0) {
    conditions.set("Injected", kUnknown, "NoPods",
                   "new pods with the selected labels will carry the sidecar");
  } else if (census_.plain.empty()) {
    conditions.set(
        "Injected", kTrue, "Injected",
        carriers() + (own_pre_stop ? "; the engine keeps its own preStop hook, so it does not "
                                     "wait for the streams of a pod that ends"
                                   : ""));
  } else {
    conditions.set("Injected", kFalse, "RestartRequired", carriers() + "; " + what_restarts());
  }
}

void PodFindings::state_programmed(const std::string& hash, Conditions& conditions) const {
  const api::PodCountsStatus& counts = census_.counts;
  const std::string of = std::to_string(counts.programmed) + " of " +
                         std::to_string(counts.injected) + " sidecars run version " +
                         hash.substr(0, 8);
  const bool passes = census_.bypassed.empty() && census_.unproven.empty();
  if (counts.injected == 0) {
    conditions.set("Programmed", kUnknown, "NoSidecars", "no selected pod carries the sidecar");
  } else if (!passes) {
    conditions.set("Programmed", kFalse,
                   census_.bypassed.empty() ? "TrafficUnproven" : "TrafficBypassed",
                   of + "; traffic was seen to pass " + std::to_string(counts.proven));
  } else if (counts.programmed == counts.injected && !census_.silent.empty()) {
    conditions.set("Programmed", kUnknown, "TrafficUnproven",
                   of + "; whether traffic passes them is not known of " + listed(census_.silent) +
                       ", whose port did not answer the operator" + what_opens());
  } else if (counts.programmed == counts.injected) {
    conditions.set("Programmed", kTrue, "Programmed",
                   of + (census_.can_be_asked || census_.data_ports.empty()
                             ? ""
                             : "; their ports want certificates of clients, so whether traffic "
                               "passes them was not asked"));
  } else {
    const std::string reason = !census_.refused.empty()       ? refusal()
                               : !census_.failing.empty()     ? "SidecarFails"
                               : !census_.unreachable.empty() ? "SidecarUnreachable"
                                                              : "Waiting";
    conditions.set("Programmed", kFalse, reason, of);
  }
}

std::vector<Problem> PodFindings::problems() const {
  std::vector<Problem> found;
  for (const auto& [release, refusal] : census_.refused) {
    found.push_back(refused_by(release, refusal));
  }
  if (!census_.failing.empty()) {
    found.push_back({"SidecarFails", failing_advice(policy_.meta.ns, census_.failing)});
  }
  if (!census_.unreachable.empty()) {
    std::string ports;
    for (const std::int64_t port : census_.status_ports) {
      ports += (ports.empty() ? "" : " or ") + std::to_string(port);
    }
    found.push_back(
        {"SidecarUnreachable", "no answer from port " +
                                   (ports.empty() ? std::to_string(settings_.status_port) : ports) +
                                   " of " + listed(census_.unreachable) + what_opens()});
  }
  if (!census_.bypassed.empty()) {
    found.push_back(
        {"TrafficBypassed", "Service " + listed(census_.bypassed_by) +
                                " leads past the sidecar of " + listed(census_.bypassed) +
                                "; use the port's name, or the number that it had, as targetPort"});
  }
  if (!census_.unproven.empty()) {
    found.push_back({"TrafficUnproven",
                     "something else than the sidecar answers on the port of " +
                         listed(census_.unproven) +
                         "; nothing else in the pod may listen on it, or rewrite its traffic"});
  }
  if (!census_.outdated.empty()) {
    found.push_back({"RestartRequired", "pods made with an older injection: " +
                                            listed(census_.outdated) + "; " + what_restarts()});
  }
  if (!census_.left_over.empty()) {
    found.push_back({"NoLongerSelected",
                     "pods that the policy does not select any more, or that an older one keeps, "
                     "still run it: " +
                         listed(census_.left_over) + "; " +
                         restart_advice(policy_.meta.ns, census_.left_over_restart)});
  }
  return found;
}

std::string PodFindings::what_opens() const {
  return "; where NetworkPolicies isolate them, add this one: " +
         network_policy(policy_.meta, selector_, status_ports(), census_.data_ports, settings_);
}

std::vector<std::int64_t> PodFindings::status_ports() const {
  std::vector<std::int64_t> ports = {settings_.status_port};
  std::ranges::copy_if(census_.status_ports, std::back_inserter(ports),
                       [this](std::int64_t port) { return port != settings_.status_port; });
  return ports;
}

std::string PodFindings::what_restarts() const {
  return restarts(policy_) ? replacement_advice(census_.restart, awaited_)
                           : restart_advice(policy_.meta.ns, census_.restart);
}

// Another release than the operator's is taken for the cause. Of the operator's own, a restart ends
// in the same state, but where the pod lacks what new ones are given.
Problem PodFindings::refused_by(const std::string& release, const Refusal& refusal) const {
  const std::string& ns = policy_.meta.ns;
  std::string text =
      "sidecars of release " + release + " keep the last good version: " + listed(refusal.pods);
  const std::string replaced = restarts(policy_) ? replacement_advice(refusal.outdated, awaited_)
                                                 : restart_advice(ns, refusal.outdated);
  if (release == settings_.version) {
    if (!refusal.a_current.empty()) {
      text += "; what they refuse, such as a Secret's key that is not there, says: kubectl -n " +
              ns + " logs " + refusal.a_current + " -c penstock-sidecar";
    }
    if (!replaced.empty()) {
      text += "; made with an older injection, they may lack a Secret that is new: " + replaced;
    }
    return {"SidecarRefused", std::move(text)};
  }
  // Pods that are made as new ones are made are nobody's to replace but people's.
  text += "; their log says why; to bring them to release " + settings_.version + ": ";
  text += restarts(policy_) ? joined_advice(replaced, restart_advice(ns, refusal.current))
                            : restart_advice(ns, both(refusal.outdated, refusal.current));
  return {"SidecarTooOld", std::move(text)};
}

std::string PodFindings::refusal() const {
  const bool is_ours = census_.refused.size() == 1 && census_.refused.contains(settings_.version);
  return is_ours ? "SidecarRefused" : "SidecarTooOld";
}

}  // namespace penstock::reconcile
