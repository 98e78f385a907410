#include "operator/controllers/referenced_controller.h"

#include <algorithm>

#include "lib/json/write.h"
#include "operator/kube/timestamp.h"
#include "operator/reconcile/decide_referenced.h"

namespace penstock::controllers {
namespace {

template <class Uses>
std::uint32_t count_users(const Stores& stores, const std::string& ns, const Uses& uses) {
  const auto policies = stores.policies.list(ns);
  return static_cast<std::uint32_t>(std::ranges::count_if(
      policies,
      [&uses](const reconcile::Ptr<reconcile::Policy>& policy) { return uses(*policy); }));
}

}  // namespace

bool uses_tier(const reconcile::Policy& policy, const std::string& name) {
  const auto& caching = policy.parsed.caching;
  return caching && std::ranges::any_of(caching->tiers, [&name](const api::CachingTierSpec& tier) {
           return tier.ref.name == name;
         });
}

bool uses_table(const reconcile::Policy& policy, const std::string& name) {
  return policy.parsed.routing && policy.parsed.routing->table_ref.name == name;
}

kube::WorkOutcome ReferencedController::reconcile_tier(const std::string& ns,
                                                       const std::string& name) {
  const auto tier = stores_.tiers.find(ns, name);
  if (tier == nullptr) {
    statuses_.forget(kube::kTiers, ns, name);
    return {};
  }
  return write(kube::kTiers, *tier, count_users(stores_, ns, [&name](const auto& policy) {
                 return uses_tier(policy, name);
               }));
}

kube::WorkOutcome ReferencedController::reconcile_table(const std::string& ns,
                                                        const std::string& name) {
  const auto table = stores_.tables.find(ns, name);
  if (table == nullptr) {
    statuses_.forget(kube::kTables, ns, name);
    return {};
  }
  return write(kube::kTables, *table, count_users(stores_, ns, [&name](const auto& policy) {
                 return uses_table(policy, name);
               }));
}

kube::WorkOutcome ReferencedController::write(const kube::ResourceType& type,
                                              const reconcile::Document& document,
                                              std::uint32_t policies) {
  const json::Value status = json::write(
      reconcile::decide_referenced(document, policies, kube::timestamp(clock_.wall_now())));
  return statuses_.write(type, document.meta, document.status, status).outcome;
}

}  // namespace penstock::controllers
