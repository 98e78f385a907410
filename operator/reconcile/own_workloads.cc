#include "operator/reconcile/own_workloads.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "lib/api/pod_annotations.h"
#include "lib/api/selects.h"
#include "lib/json/ascii.h"
#include "operator/reconcile/older_policies.h"

namespace penstock::reconcile {
namespace {

const Workload* maker_of(const std::vector<Ptr<Workload>>& workloads, const Pod& pod) {
  const auto found = std::ranges::find_if(
      workloads, [&pod](const Ptr<Workload>& one) { return is_of(*one, pod); });
  return found == workloads.end() ? nullptr : found->get();
}

class Search {
 public:
  explicit Search(const World& world)
      : world_(world),
        selector_(world.policy->parsed.selector),
        older_(older_policies(world, selector_)) {}

  OwnWorkloads run() {
    for (const Ptr<Workload>& workload : world_.workloads) {
      take(workload);
    }
    for (const Ptr<Pod>& pod : world_.pods) {
      if (is_own(*pod)) {
        see(*pod);
      }
    }
    found_.workloads.insert(found_.workloads.end(), lasting_.begin(), lasting_.end());
    found_.passing = std::move(batch_.empty() ? ended_ : batch_);
    return std::move(found_);
  }

 private:
  void take(const Ptr<Workload>& workload) {
    if (!selects(selector_, workload->pods.labels)) {
      return;
    }
    std::string why;
    if (workload->pods.opted_out) {
      why = std::string("annotation ") + api::pod_annotation::kInject + ": \"false\"";
    } else if (workload->pods.host_network) {
      why = "the host's network";
      found_.of_the_host = true;
    } else if (const std::string* owner = holder_of(older_, workload->pods.labels)) {
      why = "OptimizationPolicy " + *owner + ", which is older";
      found_.taken = true;
    } else {
      // Those are read in files only; of a cluster it is their pods that tell.
      const bool runs_once = workload->kind == "Job" || workload->kind == "CronJob";
      (runs_once ? batch_ : found_.workloads).push_back(workload);
      return;
    }
    found_.left_out.push_back(workload->kind + " " + workload->meta.name + " (" + why + ")");
  }

  [[nodiscard]] bool is_own(const Pod& pod) const {
    return !pod.meta.deleting && !pod.let_alone && !pod.opted_out &&
           selects(selector_, pod.meta.labels) && holder_of(older_, pod.meta.labels) == nullptr;
  }

  void see(const Pod& pod) {
    if (pod.shape != nullptr) {
      add(pod, pod.finished ? ended_ : pod.owner_kind == "Job" ? batch_ : lasting_);
    } else if (pod.has_sidecar && pod.injected_by == world_.policy->meta.name) {
      found_.carried = true;
      found_.has_pre_stop = found_.has_pre_stop || pod.engine_has_pre_stop;
      add_carrier(pod);
    } else if (!pod.finished && found_.workloads.empty() && !is_read(pod)) {
      std::string owner = kind_of(pod) + " " + name_of(pod);
      if (std::ranges::find(found_.unread, owner) == found_.unread.end()) {
        found_.unread.push_back(std::move(owner));
      }
    }
  }

  void add_carrier(const Pod& pod) {
    const bool is_lasting = !pod.finished && !pod.owner_kind.empty() && pod.owner_kind != "Job";
    if (!is_lasting || is_read_elsewhere(pod)) {
      return;
    }
    std::string owner = workload_of(world_, pod);
    if (std::ranges::find(found_.carriers, owner) == found_.carriers.end()) {
      found_.carriers.push_back(std::move(owner));
    }
  }

  // Whether its owner is one that was read, whatever came of it.
  [[nodiscard]] bool is_read(const Pod& pod) const {
    return maker_of(world_.workloads, pod) != nullptr;
  }

  // One of the pods of an owner that are alike.
  void add(const Pod& pod, std::vector<Ptr<Workload>>& into) {
    const bool is_bare = pod.owner_kind.empty();
    if (!seen_
             .emplace(is_bare ? labels_of(pod) : kind_of(pod) + "/" + name_of(pod), pod.shape.get())
             .second) {
      return;
    }
    Workload workload{.kind = kind_of(pod), .pods = *pod.shape};
    workload.meta.ns = pod.meta.ns;
    workload.meta.name = name_of(pod);
    workload.pods.labels = pod.meta.labels;
    into.push_back(std::make_shared<const Workload>(std::move(workload)));
  }

  static std::string labels_of(const Pod& pod) {
    std::string text;
    for (const auto& [name, value] : pod.meta.labels) {
      text += name + "=" + value + ",";
    }
    return text;
  }

  static std::string kind_of(const Pod& pod) {
    return pod.owner_kind.empty() ? "Pod" : pod.owner_kind;
  }
  static std::string name_of(const Pod& pod) {
    return pod.owner_kind.empty() ? pod.meta.name : pod.owner_name;
  }

  const World& world_;
  const api::LabelSelector& selector_;
  const OlderPolicies older_;
  OwnWorkloads found_;
  std::vector<Ptr<Workload>> lasting_;
  std::vector<Ptr<Workload>> batch_;
  std::vector<Ptr<Workload>> ended_;
  std::set<std::pair<std::string, const PodTemplate*>> seen_;
};

// By the name of its ReplicaSet, which is the Deployment's and a hash; empty: it is of none.
std::string deployment_of(const Pod& pod) {
  const auto hash = pod.meta.labels.find("pod-template-hash");
  if (pod.owner_kind != "ReplicaSet" || hash == pod.meta.labels.end()) {
    return {};
  }
  const std::string end = "-" + hash->second;
  return pod.owner_name.ends_with(end)
             ? pod.owner_name.substr(0, pod.owner_name.size() - end.size())
             : std::string();
}

// One pod of each owner of those that carry the policy's sidecar.
std::vector<const Pod*> carriers_of(const World& world) {
  std::set<std::pair<std::string_view, std::string_view>> owners;
  std::vector<const Pod*> found;
  for (const Ptr<Pod>& pod : world.pods) {
    if (pod->injected_by == world.policy->meta.name &&
        owners.emplace(pod->owner_kind, pod->owner_name).second) {
      found.push_back(pod.get());
    }
  }
  return found;
}

}  // namespace

OwnWorkloads own_workloads(const World& world) {
  return Search(world).run();
}

void add_workloads(const std::vector<Ptr<Workload>>& all, World& world) {
  const std::vector<const Pod*> carriers = carriers_of(world);
  for (const Ptr<Workload>& workload : all) {
    if (takes(*world.policy, workload->pods.labels)) {
      world.workloads.push_back(workload);
    } else if (std::ranges::any_of(
                   carriers, [&workload](const Pod* pod) { return is_of(*workload, *pod); })) {
      world.left_over.push_back(workload);
    }
  }
}

bool is_read_elsewhere(const Pod& pod) {
  return pod.owner_kind == "StatefulSet" ||
         (pod.owner_kind == "ReplicaSet" && pod.meta.labels.contains("pod-template-hash"));
}

bool is_of(const Workload& workload, const Pod& pod) {
  const bool replica_set = pod.owner_kind == "ReplicaSet" && workload.kind == "Deployment" &&
                           kube::is_made_of(workload.meta.name, pod.owner_name);
  return replica_set || (pod.owner_kind == workload.kind && pod.owner_name == workload.meta.name);
}

std::string name_of(const Workload& workload) {
  return json::lower_ascii(workload.kind) + "/" + workload.meta.name;
}

const Workload* find_workload(const World& world, const Pod& pod) {
  const Workload* taken = maker_of(world.workloads, pod);
  return taken != nullptr ? taken : maker_of(world.left_over, pod);
}

std::string workload_of(const World& world, const Pod& pod) {
  if (const Workload* workload = find_workload(world, pod)) {
    return name_of(*workload);
  }
  if (std::string deployment = deployment_of(pod); !deployment.empty()) {
    return "deployment/" + std::move(deployment);
  }
  return pod.owner_kind.empty() ? "pod/" + pod.meta.name
                                : json::lower_ascii(pod.owner_kind) + "/" + pod.owner_name;
}

}  // namespace penstock::reconcile
