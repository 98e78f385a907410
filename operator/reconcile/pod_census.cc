#include "operator/reconcile/pod_census.h"

#include <algorithm>

#include "lib/api/selects.h"
#include "lib/json/ascii.h"

namespace penstock::reconcile {
namespace {

// "deployment/chat" for a pod of one of its ReplicaSets, whose name is the Deployment's and a hash.
std::string workload_of(const World& world, const Pod& pod) {
  for (const Ptr<Workload>& workload : world.workloads) {
    const bool replica_set =
        pod.owner_kind == "ReplicaSet" && workload->kind == "Deployment" &&
        pod.owner_name.starts_with(workload->meta.name + "-") &&
        pod.owner_name.find('-', workload->meta.name.size() + 1) == std::string::npos;
    if (replica_set ||
        (pod.owner_kind == workload->kind && pod.owner_name == workload->meta.name)) {
      return json::lower_ascii(workload->kind) + "/" + workload->meta.name;
    }
  }
  return pod.owner_kind.empty() ? "pod/" + pod.meta.name
                                : json::lower_ascii(pod.owner_kind) + "/" + pod.owner_name;
}

void add_once(std::vector<std::string>& names, std::string name) {
  if (std::ranges::find(names, name) == names.end()) {
    names.push_back(std::move(name));
  }
}

void add_replaceable(const World& world, const Pod& pod, PodCensus& census) {
  add_once(census.restart, workload_of(world, pod));
  if (!pod.owner_kind.empty()) {
    census.replaceable.push_back(pod.meta.name);
  }
}

void count_sidecar(const World& world, const Pod& pod, const std::string& hash,
                   const std::string& injection, PodCensus& census) {
  ++census.counts.injected;
  if (pod.injected_hash != injection) {
    census.outdated.push_back(pod.meta.name);
    add_replaceable(world, pod, census);
  }
  if (pod.delivered != hash) {
    census.behind.push_back(pod.meta.name);
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
    census.refused.push_back(pod.meta.name);
    add_once(census.restart, workload_of(world, pod));
    census.refused_by = report.version;
  } else {
    census.waiting.push_back(pod.meta.name);
    if (pod.delivered == hash) {
      census.stale.push_back(pod.meta.name);
    }
  }
}

}  // namespace

PodCensus count_pods(const World& world, const api::LabelSelector& selector,
                     const std::vector<api::LabelSelector>& older, const std::string& hash,
                     const std::string& injection) {
  PodCensus census;
  for (const Ptr<Pod>& pod : world.pods) {
    if (pod->finished || pod->host_network || pod->opted_out ||
        !selects(selector, pod->meta.labels)) {
      continue;
    }
    census.settled = census.settled && pod->ready && !pod->meta.deleting;
    if (pod->meta.deleting) {
      continue;
    }
    const bool taken = std::ranges::any_of(older, [&pod](const api::LabelSelector& other) {
      return selects(other, pod->meta.labels);
    });
    if (taken) {
      census.taken.push_back(pod->meta.name);
      continue;
    }
    ++census.counts.selected;
    if (pod->has_sidecar && pod->injected_by == world.policy->meta.name) {
      count_sidecar(world, *pod, hash, injection, census);
    } else {
      census.plain.push_back(pod->meta.name);
      add_replaceable(world, *pod, census);
    }
  }
  return census;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() <= kShown ? text
                                : text + " and " + std::to_string(names.size() - kShown) + " more";
}

}  // namespace penstock::reconcile
