#include "operator/reconcile/pod_findings.h"

#include "operator/reconcile/advice.h"

namespace penstock::reconcile {

using enum api::ConditionStatus;

bool restarts(const Policy& policy) {
  return policy.parsed.interception.rollout == api::Rollout::kRestart;
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
    conditions.set("Programmed", kUnknown, "NoSidecars", "no pod carries the sidecar");
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
  if (!census_.refused.empty()) {
    found.push_back({refusal(), "sidecars of release " + census_.refused_by +
                                    " keep the last good version: " + listed(census_.refused) +
                                    "; their log says why; to bring them to release " +
                                    settings_.version + ": " + what_restarts()});
  }
  if (!census_.failing.empty()) {
    found.push_back({"SidecarFails", failing_advice(policy_.meta.ns, census_.failing)});
  }
  if (!census_.unreachable.empty()) {
    found.push_back({"SidecarUnreachable", "no answer from port " +
                                               std::to_string(settings_.status_port) + " of " +
                                               listed(census_.unreachable) + what_opens()});
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
  return found;
}

std::string PodFindings::what_opens() const {
  return "; where NetworkPolicies isolate them, add this one: " +
         network_policy(policy_.meta, selector_, census_.data_ports, settings_);
}

std::string PodFindings::what_restarts() const {
  return restarts(policy_) ? replacement_advice(census_.restart)
                           : restart_advice(policy_.meta.ns, census_.restart);
}

// Another release than the operator's is taken for the cause.
std::string PodFindings::refusal() const {
  return census_.refused_by == settings_.version ? "SidecarRefused" : "SidecarTooOld";
}

}  // namespace penstock::reconcile
