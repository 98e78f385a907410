#include "operator/controllers/deletion_costs.h"

#include <charconv>
#include <set>

#include "lib/api/pod_annotations.h"
#include "operator/autoscale/victims.h"
#include "operator/controllers/target_pods.h"
#include "operator/kube/resource_type.h"

namespace penstock::controllers {
namespace {

using reconcile::Pod;
using reconcile::Ptr;

// A ReplicaSet minds the cost, and this one is nobody else's.
bool is_ours_to_set(const Pod& pod) {
  return pod.owner_kind == "ReplicaSet" && pod.deletion_cost == pod.own_deletion_cost;
}

// 0: it has none of ours.
int cost_of(const Pod& pod) {
  int cost = 0;
  const std::string& text = pod.own_deletion_cost;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), cost);
  return read.ec == std::errc() ? cost : 0;
}

bool is_of(const api::ScaleTargetSpec& target, const Pod& pod) {
  return target.kind == "Deployment"
             ? is_of_deployment(target.name, pod)
             : pod.owner_kind == "ReplicaSet" && pod.owner_name == target.name;
}

// Nodes that would stay even without the target's pods. What runs on every node keeps none.
std::set<std::string> held_nodes(const std::vector<Ptr<Pod>>& elsewhere) {
  std::set<std::string> nodes;
  for (const Ptr<Pod>& pod : elsewhere) {
    const bool on_every_node = pod->owner_kind == "DaemonSet" || pod->owner_kind == "Node";
    if (!pod->finished && !pod->meta.deleting && !on_every_node && !pod->node.empty()) {
      nodes.insert(pod->node);
    }
  }
  return nodes;
}

std::vector<Ptr<Pod>> others(const Stores& stores, const std::vector<Ptr<Pod>>& pods) {
  std::set<std::string> ours;
  for (const Ptr<Pod>& pod : pods) {
    ours.insert(pod->meta.key());
  }
  std::vector<Ptr<Pod>> result = stores.pods.list();
  std::erase_if(result, [&ours](const Ptr<Pod>& pod) { return ours.contains(pod->meta.key()); });
  return result;
}

// What each one's cache has saved, in tokens a second of its life.
std::map<std::string, double> cache_values(const collect::Collector& collector,
                                           const std::vector<Ptr<Pod>>& pods) {
  std::map<std::string, double> values;
  for (const Ptr<Pod>& pod : pods) {
    const auto sample = collector.sample(pod->meta.key());
    if (sample == nullptr || sample->report.uptime_ms <= 0) {
      continue;
    }
    const signals::TokenCounts& tokens = sample->report.tokens;
    const auto saved =
        static_cast<double>(tokens.saved_prompt + tokens.saved_completion + tokens.prefix_cached);
    values.emplace(pod->meta.name, saved * 1e3 / static_cast<double>(sample->report.uptime_ms));
  }
  return values;
}

// A pod that is gone meanwhile is no error. Through the status, which is all that may be changed.
kube::ApiResult<void> write_costs(kube::Client& client, const std::string& ns,
                                  const std::vector<CostChange>& changes) {
  for (const CostChange& change : changes) {
    const json::Value cost = change.cost.empty() ? json::Value() : json::Value(change.cost);
    const auto written = client.merge(kube::kPods.object(ns, change.pod, "status"),
                                      {{"metadata",
                                        {{"annotations",
                                          {{api::pod_annotation::kDeletionCost, cost},
                                           {api::pod_annotation::kOwnDeletionCost, cost}}}}}});
    if (!written && !written.error().not_found()) {
      return std::unexpected(written.error());
    }
  }
  return {};
}

}  // namespace

std::vector<CostChange> deletion_costs(const CostQuestion& question) {
  std::set<std::string> held = held_nodes(question.elsewhere);
  for (const Ptr<Pod>& pod : question.pods) {
    if (!is_ours_to_set(*pod)) {
      held.insert(pod->node);  // nobody can tell whether it goes
    }
  }
  std::vector<autoscale::VictimCandidate> candidates;
  std::vector<Ptr<Pod>> pods;
  for (const Ptr<Pod>& pod : question.pods) {
    if (!is_ours_to_set(*pod)) {
      continue;
    }
    autoscale::VictimCandidate candidate{.name = pod->meta.name,
                                         .node = pod->node,
                                         .ready = pod->ready,
                                         .node_held = held.contains(pod->node),
                                         .cost = cost_of(*pod)};
    if (const auto value = question.cache_values.find(pod->meta.name);
        value != question.cache_values.end()) {
      candidate.cache_value = value->second;
    }
    candidates.push_back(std::move(candidate));
    pods.push_back(pod);
  }
  const int count = static_cast<int>(question.pods.size()) - question.keep;
  std::vector<CostChange> changes;
  const auto costs = autoscale::choose_victims(candidates, count);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const std::string cost = costs[i].cost == 0 ? "" : std::to_string(costs[i].cost);
    if (cost != pods[i]->own_deletion_cost) {
      changes.push_back({costs[i].name, cost});
    }
  }
  return changes;
}

std::vector<CostChange> no_deletion_costs(const std::vector<Ptr<Pod>>& pods) {
  std::vector<CostChange> changes;
  for (const Ptr<Pod>& pod : pods) {
    if (!pod->own_deletion_cost.empty() && is_ours_to_set(*pod)) {
      changes.push_back({pod->meta.name, ""});
    }
  }
  return changes;
}

kube::ApiResult<bool> VictimMarks::mark(kube::Client& client, const Stores& stores,
                                        const collect::Collector& collector,
                                        const VictimQuestion& question) {
  const autoscale::Decision& decision = question.decision;
  const bool shrinks = decision.write && *decision.write < decision.current;
  // A policy may take pods of several workloads; only one of them shrinks.
  std::vector<Ptr<Pod>> pods = question.pods;
  std::erase_if(pods, [&](const Ptr<Pod>& pod) { return !is_of(question.target, *pod); });
  std::vector<CostChange> changes;
  if (shrinks) {
    changes = deletion_costs({.pods = pods,
                              .elsewhere = others(stores, pods),
                              .cache_values = cache_values(collector, pods),
                              .keep = *decision.write});
  } else if (std::ssize(pods) <= decision.current) {
    changes = no_deletion_costs(pods);  // those that were to go are gone
  }
  if (const auto written = write_costs(client, question.ns, changes); !written) {
    return std::unexpected(written.error());
  }
  waited_ = shrinks && !changes.empty() && !waited_;
  return !waited_;
}

}  // namespace penstock::controllers
