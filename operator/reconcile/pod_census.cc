#include "operator/reconcile/pod_census.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string_view>
#include <type_traits>

#include "lib/api/selects.h"
#include "operator/reconcile/own_workloads.h"

namespace penstock::reconcile {
namespace {

template <class T>
void add_once(std::vector<T>& values, std::type_identity_t<T> value) {
  if (std::ranges::find(values, value) == values.end()) {
    values.push_back(std::move(value));
  }
}

bool is_one_of(const std::string& kind, std::initializer_list<std::string_view> kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

// Kinds that make a pod anew for as long as they stand. An evicted pod of a Job counts as a failure
// of it, and whatever it had computed is lost; of kinds that nobody here knows the same may be
// true.
bool is_made_anew(const Pod& pod) {
  return is_one_of(pod.owner_kind,
                   {"ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"});
}

// Deleted, a pod is also made anew where a new template waits for people.
void add_restart(const World& world, const Pod& pod, RestartNeeds& needs) {
  const std::string workload = workload_of(world, pod);
  const std::string kind = workload.substr(0, workload.find('/'));
  const Workload* read = find_workload(world, pod);
  const bool rolls_out = read == nullptr || read->rolls_out;
  if (rolls_out && is_one_of(kind, {"deployment", "statefulset", "daemonset"})) {
    add_once(needs.rollouts, workload);
  } else if (is_made_anew(pod)) {
    add_once(needs.pods, pod.meta.name);
  } else {
    add_once(needs.by_hand, workload);
  }
}

void add_replaceable(const World& world, const Pod& pod, PodCensus& census) {
  const std::string workload = workload_of(world, pod);
  add_restart(world, pod, census.restart);
  if (!is_made_anew(pod)) {
    return;
  }
  census.down[workload] += pod.ready ? 0 : 1;
  Eviction one{
      .pod = pod.meta.name, .uid = pod.meta.uid, .workload = workload, .was_ready = pod.ready};
  const auto found = std::ranges::find(census.replaceable, workload, &Eviction::workload);
  if (found == census.replaceable.end()) {
    census.replaceable.push_back(std::move(one));
  } else if (found->was_ready && !pod.ready) {
    *found = std::move(one);
  }
}

// Pods that calls come to through a sidecar, by name; a client's calls go out.
using Fronted = std::map<std::string_view, const Pod*>;

// One that is ready for long enough to be known to whoever leads traffic to it is judged. One that
// is not ready sets no clock: it is looked at again once it is.
bool is_judged(const World& world, const Pod& pod, PodCensus& census) {
  const bool judged = pod.ready && pod.ready_since <= world.judged_until;
  census.judged_later = census.judged_later || (pod.ready && !judged);
  return judged;
}

// Whether the operator, which has no certificate, can ask the sidecars' ports at all. What a policy
// says that is not good is not what runs.
bool can_be_asked(const World& world) {
  const Policy& policy = *world.policy;
  if (world.listener) {
    return *world.listener != ListenerKind::kCertificate;
  }
  return policy.errors.empty() &&
         listener_kind(policy.parsed.listener) != ListenerKind::kCertificate;
}

// What the sidecars' ports answered.
void judge_proofs(const World& world, const Fronted& fronted, PodCensus& census) {
  for (const auto& [name, pod] : fronted) {
    const auto report = world.reports.find(pod->meta.key());
    if (report == world.reports.end() || !report->second.reachable) {
      continue;  // which is told by itself
    }
    const std::optional<bool>& proven = report->second.proven;
    if (proven == true) {
      ++census.counts.proven;
    } else if ((proven || census.can_be_asked) && is_judged(world, *pod, census)) {
      (proven ? census.unproven : census.silent).emplace_back(name);
    }
  }
}

// Where Services lead.
void judge_services(const World& world, const Fronted& fronted, PodCensus& census) {
  for (const Ptr<EndpointSlice>& slice : world.slices) {
    for (const std::string& name : slice->pods) {
      const auto found = fronted.find(name);
      if (found == fronted.end()) {
        continue;
      }
      const Pod& pod = *found->second;
      const bool past = std::ranges::find(slice->ports, pod.engine_port) != slice->ports.end();
      if (past && is_judged(world, pod, census)) {
        add_once(census.bypassed, name);
        add_once(census.bypassed_by,
                 slice->service + " (port " + std::to_string(pod.engine_port) + ")");
      }
    }
  }
}

void count_sidecar(const World& world, const Pod& pod, const std::string& hash,
                   const std::string& injection, PodCensus& census) {
  ++census.counts.injected;
  if (pod.delivered != hash) {
    census.behind.push_back(pod.meta.name);
  }
  if (!pod.sidecar_failure.empty()) {
    census.failing.push_back(pod.meta.name + " (" + pod.sidecar_failure + ")");
    return;
  }
  const auto found = world.reports.find(pod.meta.key());
  if (found == world.reports.end()) {
    census.waiting.push_back(pod.meta.name);
    return;
  }
  const SidecarReport& report = found->second;
  if (!report.reachable) {
    // A pod that is not ready yet has not begun to answer.
    (pod.ready ? census.unreachable : census.waiting).push_back(pod.meta.name);
  } else if (report.hash == hash) {
    ++census.counts.programmed;
  } else if (report.refuses) {
    Refusal& refusal = census.refused[report.version];
    refusal.pods.push_back(pod.meta.name);
    const bool is_current = pod.injected_hash == injection;
    if (is_current) {
      refusal.a_current = pod.meta.name;
    }
    add_restart(world, pod, is_current ? refusal.current : refusal.outdated);
  } else {
    census.waiting.push_back(pod.meta.name);
    if (pod.delivered == hash) {
      census.stale.push_back(pod.meta.name);
    }
  }
}

// Its ConfigMap is the policy's as long as it runs.
void count_left_over(const World& world, const Pod& pod, const std::string& hash,
                     PodCensus& census) {
  census.left_over.push_back(pod.meta.name);
  add_restart(world, pod, census.left_over_restart);
  if (pod.delivered != hash) {
    census.behind.push_back(pod.meta.name);
    return;
  }
  const auto found = world.reports.find(pod.meta.key());
  if (found != world.reports.end() && found->second.reachable && !found->second.refuses &&
      found->second.hash != hash) {
    census.stale.push_back(pod.meta.name);
  }
}

}  // namespace

PodCensus count_pods(const World& world, const api::LabelSelector& selector,
                     const OlderPolicies& older, const std::string& hash,
                     const std::string& injection) {
  PodCensus census;
  Fronted fronted;
  for (const Ptr<Pod>& pod : world.pods) {
    if (pod->finished || pod->let_alone) {
      continue;
    }
    const bool selected = !pod->opted_out && selects(selector, pod->meta.labels);
    const std::string* holder = selected ? holder_of(older, pod->meta.labels) : nullptr;
    const bool is_own = selected && holder == nullptr;
    if (pod->meta.deleting) {
      if (is_own) {
        census.leaving.push_back(pod->meta.name);
      }
      continue;
    }
    const bool carries = pod->has_sidecar && pod->injected_by == world.policy->meta.name;
    if (holder != nullptr) {
      census.taken.push_back(pod->meta.name);
      add_once(census.taken_by, *holder);
    }
    if (!is_own) {
      if (carries) {
        count_left_over(world, *pod, hash, census);
      }
      continue;
    }
    ++census.counts.selected;
    const bool is_of_today = carries && (injection.empty() || pod->injected_hash == injection);
    if (!is_of_today) {
      (carries ? census.outdated : census.plain).push_back(pod->meta.name);
      add_replaceable(world, *pod, census);
    }
    if (!pod->ready && (is_of_today || !is_made_anew(*pod))) {
      census.unready.push_back(pod->meta.name);
    }
    if (carries) {
      count_sidecar(world, *pod, hash, injection, census);
      if (pod->status_port != 0) {
        add_once(census.status_ports, pod->status_port);
      }
      if (pod->sidecar_port != 0) {
        fronted.emplace(pod->meta.name, pod.get());
        add_once(census.data_ports, pod->sidecar_port);
      }
    }
  }
  census.can_be_asked = can_be_asked(world);
  judge_proofs(world, fronted, census);
  judge_services(world, fronted, census);
  return census;
}

}  // namespace penstock::reconcile
