#include "operator/app/work_keys.h"

#include <algorithm>

#include "operator/controllers/pod_notices.h"
#include "operator/controllers/referenced_controller.h"
#include "operator/kube/object_meta.h"
#include "operator/reconcile/hold.h"
#include "operator/reconcile/older_policies.h"
#include "operator/reconcile/sidecar_container.h"

namespace penstock::control {
namespace {

using reconcile::Document;
using reconcile::Pod;
using reconcile::Policy;
using reconcile::Service;
using reconcile::Workload;

std::string key(const std::string& ns, const char* kind, const std::string& name) {
  return ns + "/" + kind + ":" + name;
}

constexpr const char* kPolicy = "OptimizationPolicy";
constexpr const char* kTier = "CacheTier";
constexpr const char* kTable = "RoutingTable";

// By what admission selects for it, which may be nothing, and whom it leaves alone. That it takes
// no pods (TooManyOverlaps) begins and ends with what it yields to; where that is its own selector
// before and after, an older policy has this very selector, and is yielded to in its place.
bool takes_other_pods(const Policy& before, const Policy& now) {
  const json::Value& was = kube::member(before.status, "injection");
  const json::Value& is = kube::member(now.status, "injection");
  return kube::member(was, "selector") != kube::member(is, "selector") ||
         kube::member(was, "yields") != kube::member(is, "yields");
}

// One that asks for nothing any more may have asked for it while no operator ran: what its status
// tells of is to be taken back.
bool concerns_replicas(const Policy& policy) {
  return policy.parsed.autoscaling || !kube::member(policy.status, "autoscaling").is_null() ||
         std::ranges::any_of(kube::list_of(policy.status, "conditions"), [](const auto& one) {
           return kube::text_of(one, "type") == reconcile::kHoldReady;
         });
}

// But for its status. A new object of the same name begins with the same generation.
bool is_as_it_was(const kube::ObjectMeta& before, const kube::ObjectMeta& now) {
  return before.uid == now.uid && before.generation == now.generation &&
         before.deleting == now.deleting;
}

// A policy that is gone or whose content or standing changed concerns its neighbours, too.
bool concerns_others(const Policy* before, const Policy* now) {
  return before == nullptr || now == nullptr || !is_as_it_was(before->meta, now->meta) ||
         takes_other_pods(*before, *now);
}

}  // namespace

WorkKey parse_key(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::size_t colon = text.find(':', slash);
  return {text.substr(0, slash), text.substr(slash + 1, colon - slash - 1), text.substr(colon + 1)};
}

void WorkKeys::add_policy(const std::string& ns, const std::string& name) {
  workers_.add(key(ns, kPolicy, name));
}

void WorkKeys::add_hold(const std::string& ns, const std::string& name) {
  workers_.add(key(ns, kHold, name));
}

void WorkKeys::add_holds(const std::string& ns) {
  for (const auto& policy : stores_->policies.list(ns)) {
    if (policy->parsed.autoscaling && policy->parsed.autoscaling->scale_to_zero) {
      add_hold(ns, policy->meta.name);
    }
  }
}

void WorkKeys::add_policies(const std::string& ns,
                            const std::function<bool(const Policy&)>& concerns) {
  for (const auto& policy : stores_->policies.list(ns)) {
    if (concerns(*policy)) {
      add_policy(ns, policy->meta.name);
    }
  }
}

void WorkKeys::add_gone(const std::vector<reconcile::Ptr<Pod>>& pods) {
  for (const auto& pod : pods) {
    if (controllers::is_to_be_told_of_the_end(*pod) &&
        stores_->policies.find(pod->meta.ns, pod->injected_by) == nullptr) {
      add_policy(pod->meta.ns, pod->injected_by);
    }
  }
}

void WorkKeys::add_all() {
  for (const auto& policy : stores_->policies.list()) {
    add_policy(policy->meta.ns, policy->meta.name);
    add_autoscaling(nullptr, policy.get());
    add_hold(policy->meta.ns, policy->meta.name);
  }
  for (const auto& tier : stores_->tiers.list()) {
    workers_.add(key(tier->meta.ns, kTier, tier->meta.name));
  }
  for (const auto& table : stores_->tables.list()) {
    workers_.add(key(table->meta.ns, kTable, table->meta.name));
  }
  add_gone(stores_->pods.list());
}

void WorkKeys::add_references(const Policy& policy) {
  if (policy.parsed.routing) {
    workers_.add(key(policy.meta.ns, kTable, policy.parsed.routing->table_ref.name));
  }
  if (policy.parsed.caching) {
    for (const api::CachingTierSpec& tier : policy.parsed.caching->tiers) {
      workers_.add(key(policy.meta.ns, kTier, tier.ref.name));
    }
  }
}

void WorkKeys::add_autoscaling(const Policy* before, const Policy* now) {
  for (const Policy* version : {before, now}) {
    // Of one that is gone, what was said last is forgotten.
    if (version != nullptr && (now == nullptr || concerns_replicas(*version))) {
      workers_.add(key(version->meta.ns, kAutoscaling, version->meta.name));
      return;
    }
  }
}

void WorkKeys::policy_changed(const Policy* before, const Policy* now) {
  const Policy& some = now != nullptr ? *now : *before;
  add_policy(some.meta.ns, some.meta.name);
  add_autoscaling(before, now);
  if (before == nullptr || now == nullptr || !is_as_it_was(before->meta, now->meta)) {
    add_hold(some.meta.ns, some.meta.name);
  }
  if (!concerns_others(before, now)) {
    return;
  }
  add_policies(some.meta.ns, [](const Policy&) { return true; });
  for (const Policy* version : {before, now}) {
    if (version != nullptr) {
      add_references(*version);
    }
  }
}

template <class T, class Takes>
void WorkKeys::add_taking(const T* before, const T* now, const Takes& takes) {
  const T& some = now != nullptr ? *now : *before;
  add_policies(some.meta.ns, [&](const Policy& policy) {
    return (before != nullptr && takes(policy, *before)) || (now != nullptr && takes(policy, *now));
  });
}

void WorkKeys::workload_changed(const Workload* before, const Workload* now) {
  // What is read of it is what it asks for and its labels; its status tells nothing.
  if (before != nullptr && now != nullptr && is_as_it_was(before->meta, now->meta) &&
      before->meta.labels == now->meta.labels) {
    return;
  }
  add_taking(before, now, [](const Policy& policy, const Workload& workload) {
    return reconcile::takes(policy, workload.pods.labels);
  });
  const std::string& ns = (now != nullptr ? now : before)->meta.ns;
  // A policy that takes its pods no more, and whose sidecar they carry yet, tells how to replace
  // them.
  if (before != nullptr && now != nullptr && before->rolls_out != now->rolls_out) {
    add_policies(ns, [](const Policy&) { return true; });
  }
  add_holds(ns);
}

controllers::StoreChanges WorkKeys::changes() {
  const auto referenced = [this](const char* kind, auto uses) {
    return [this, kind, uses](const Document* before, const Document* now) {
      const Document& some = now != nullptr ? *now : *before;
      workers_.add(key(some.meta.ns, kind, some.meta.name));
      // A status of ours is no change for policies.
      if (before == nullptr || now == nullptr || !is_as_it_was(before->meta, now->meta)) {
        add_policies(some.meta.ns,
                     [&](const Policy& policy) { return uses(policy, some.meta.name); });
      }
    };
  };
  return {
      .policy = [this](const Policy* before, const Policy* now) { policy_changed(before, now); },
      .tier = referenced(kTier, &controllers::uses_tier),
      .table = referenced(kTable, &controllers::uses_table),
      .workload = [this](const Workload* before,
                         const Workload* now) { workload_changed(before, now); },
      .pod =
          [this](const Pod* before, const Pod* now) {
            add_taking(before, now, [](const Policy& policy, const Pod& pod) {
              return reconcile::takes(policy, pod.meta.labels) ||
                     pod.injected_by == policy.meta.name;
            });
            if (const Pod& some = now != nullptr ? *now : *before; reconcile::is_hold(some.meta)) {
              add_holds(some.meta.ns);
            }
          },
      .service =
          [this](const Service* before, const Service* now) {
            const Service& some = now != nullptr ? *now : *before;
            add_policies(some.meta.ns, [](const Policy&) { return true; });
            add_holds(some.meta.ns);
          },
      .slice =
          [this](const reconcile::EndpointSlice* before, const reconcile::EndpointSlice* now) {
            add_holds((now != nullptr ? now : before)->meta.ns);
            // That an endpoint became ready or not leads no traffic elsewhere.
            if (before == nullptr || now == nullptr || before->ports != now->ports ||
                before->pods != now->pods) {
              const reconcile::EndpointSlice& some = now != nullptr ? *now : *before;
              add_policies(some.meta.ns, [](const Policy&) { return true; });
            }
          },
      .config_map =
          [this](const controllers::ConfigMap* before, const controllers::ConfigMap* now) {
            const controllers::ConfigMap& some = now != nullptr ? *now : *before;
            add_policies(some.meta.ns, [&some](const Policy& policy) {
              return reconcile::config_map_name(policy.meta.name) == some.meta.name;
            });
            if (now == nullptr) {
              add_gone(stores_->pods.list(some.meta.ns));
            }
          },
      .name_space =
          [this](const controllers::Namespace* before, const controllers::Namespace* now) {
            if (now != nullptr &&
                (before == nullptr || before->pod_security != now->pod_security)) {
              add_policies(now->meta.name, [](const Policy&) { return true; });
            }
          }};
}

}  // namespace penstock::control
