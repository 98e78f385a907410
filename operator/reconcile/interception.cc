#include "operator/reconcile/interception.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "operator/reconcile/advice.h"
#include "operator/reconcile/carried_interception.h"
#include "operator/reconcile/own_workloads.h"
#include "operator/reconcile/pods_interception.h"

namespace penstock::reconcile {
namespace {

bool alike(const Interception& a, const Interception& b) {
  return a.mode == b.mode && a.ports == b.ports && a.redirects == b.redirects &&
         a.probes == b.probes && a.environment == b.environment && a.to == b.to;
}

// Whether both lead the same calls the same way; where an engine goes is for each to choose.
bool lead_alike(const Interception& a, Interception b) {
  b.to = a.to;
  if (a.ports && b.ports) {
    b.ports->to = a.ports->to;
    b.ports->bind = a.ports->bind;
    b.ports->flag_alias = a.ports->flag_alias;
    b.ports->env_host = a.ports->env_host;
  }
  if (a.probes && b.probes) {
    b.probes->to = a.probes->to;
  }
  return alike(a, b);
}

// Why nothing that is there tells how, and what to do.
InterceptionFinding nothing_tells(const OwnWorkloads& own) {
  if (!own.left_out.empty()) {
    return refused(own.of_the_host ? "HostNetwork"
                   : own.taken     ? "Conflicted"
                                   : "NoWorkload",
                   "what carries the selected labels gets no sidecar from this policy: " +
                       listed(own.left_out) +
                       "; it is looked at again when something else carries them");
  }
  if (own.carried || !own.unread.empty()) {
    return refused("WorkloadNotRead",
                   (own.unread.empty() ? "the selected pods carry the sidecar already"
                                       : "pods of " + listed(own.unread) + " are selected") +
                       ", and nothing that is read tells what their owner makes; set "
                       "spec.interception.mode, and engine.port with engine.flag or engine.env");
  }
  return refused("NoWorkload",
                 "no Deployment, StatefulSet or pod carries the selected labels yet, so nothing "
                 "tells how the engine takes its port; it is looked at again when one appears");
}

// What pods carry already, with what they show of their engines.
std::optional<Interception> carried_by(const OwnWorkloads& own, const Policy& policy,
                                       const Settings& settings) {
  std::optional<Interception> carried = carried_interception(policy, settings);
  if (carried) {
    carried->engine_has_pre_stop = own.has_pre_stop;
  }
  return carried;
}

// What the policy says by itself or has done already, where there is no workload to look at.
InterceptionFinding choose_without_workload(const Policy& policy, const OwnWorkloads& own,
                                            const Settings& settings) {
  if (std::optional<InterceptionFinding> told = interception_told(policy, settings)) {
    return *std::move(told);
  }
  // What came before goes on where nothing tells otherwise, as between the Jobs of a CronJob.
  if (own.carried || (own.left_out.empty() && own.unread.empty() && selects_as_before(policy))) {
    if (std::optional<Interception> carried = carried_by(own, policy, settings)) {
      return {std::move(carried), "", ""};
    }
  }
  return nothing_tells(own);
}

// Pods hide what they were once they carry the sidecar, but not how they got it. Owners whose plain
// pods are among the workloads tell of themselves.
InterceptionFinding unless_others_differ(InterceptionFinding finding, const Interception& carried,
                                         const OwnWorkloads& own) {
  if (!finding.choice || lead_alike(*finding.choice, carried)) {
    return finding;
  }
  for (const std::string& carrier : own.carriers) {
    const auto tells = [&carrier](const Ptr<Workload>& one) { return name_of(*one) == carrier; };
    if (std::ranges::none_of(own.workloads, tells)) {
      return refused("SeveralShapes", name_of(*own.workloads.front()) + " and " + carrier +
                                          ", by what its pods carry, would be intercepted "
                                          "differently; give each a policy of its own, or say "
                                          "which holds for both: spec.interception.mode, or "
                                          "engine.port");
    }
  }
  return finding;
}

// What all of them agree on.
InterceptionFinding choose_alike(const World& world, const std::vector<Ptr<Workload>>& workloads,
                                 const Settings& settings) {
  InterceptionFinding first;
  const Workload* first_of = nullptr;
  for (const Ptr<Workload>& workload : workloads) {
    InterceptionFinding finding = interception_of(world, workload->pods, settings);
    const std::string of = workload->kind + " " + workload->meta.name;
    if (!finding.choice) {
      finding.message = of + ": " + finding.message;
      return finding;
    }
    if (first_of == nullptr) {
      first = std::move(finding);
      first_of = workload.get();
      continue;
    }
    if (!alike(*finding.choice, *first.choice)) {
      return refused("SeveralShapes", first_of->kind + " " + first_of->meta.name + " and " + of +
                                          " would be intercepted differently; give each a policy "
                                          "of its own");
    }
    first.choice->engine_has_pre_stop =
        first.choice->engine_has_pre_stop || finding.choice->engine_has_pre_stop;
  }
  return first;
}

}  // namespace

InterceptionFinding choose_interception(const World& world, const Settings& settings) {
  const OwnWorkloads own = own_workloads(world);
  std::optional<Interception> carried;
  if (!own.carriers.empty()) {
    carried = carried_by(own, *world.policy, settings);
  }
  if (!own.workloads.empty()) {
    InterceptionFinding finding = choose_alike(world, own.workloads, settings);
    return carried ? unless_others_differ(std::move(finding), *carried, own) : finding;
  }
  if (carried) {
    return {std::move(carried), "", ""};
  }
  return own.passing.empty() ? choose_without_workload(*world.policy, own, settings)
                             : choose_alike(world, own.passing, settings);
}

}  // namespace penstock::reconcile
