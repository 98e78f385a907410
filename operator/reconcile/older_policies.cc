#include "operator/reconcile/older_policies.h"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/api/selects.h"
#include "lib/json/write.h"
#include "operator/reconcile/status_of.h"

namespace penstock::reconcile {
namespace {

std::vector<api::LabelSelector> distinct(const std::vector<api::LabelSelector>& all) {
  std::vector<api::LabelSelector> result;
  std::set<std::string> seen;
  for (const api::LabelSelector& one : all) {
    if (seen.insert(json::write(one).dump()).second) {
      result.push_back(one);
    }
  }
  return result;
}

// That it yields wherever it selects would be no sign of it: the one it yields to may be gone.
bool takes_no_pods(const api::OptimizationPolicyStatus& status) {
  return std::ranges::any_of(status.conditions, [](const api::Condition& one) {
    return one.type == "Injected" && one.status == api::ConditionStatus::kFalse &&
           one.reason == kTooManyOverlaps;
  });
}

}  // namespace

OlderPolicies older_policies(const World& world, const api::LabelSelector& own) {
  const auto age = [](const Policy& policy) {
    return std::pair(policy.meta.created, policy.meta.name);
  };
  std::vector<const Policy*> older;
  for (const Ptr<Policy>& other : world.others) {
    if (age(*other) < age(*world.policy) && other->active && !other->takes_no_pods &&
        may_overlap(*other->active, own)) {
      older.push_back(other.get());
    }
  }
  std::ranges::sort(older, {}, [&age](const Policy* one) { return age(*one); });
  OlderPolicies found;
  for (const Policy* one : older) {
    found.selectors.push_back(*one->active);
    found.names.push_back(one->meta.name);
  }
  found.yields = distinct(found.selectors);
  if (found.yields.size() > kYieldsMax) {
    found.too_many =
        std::to_string(found.yields.size()) +
        " older policies may select the same pods, more than the " + std::to_string(kYieldsMax) +
        " that one can yield to, so new pods come up without this one's sidecar; delete some of "
        "them, or make the selectors exclude each other by values of one label";
    found.yields = {own};
  }
  return found;
}

const std::string* holder_of(const OlderPolicies& older,
                             const std::map<std::string, std::string>& labels) {
  for (std::size_t i = 0; i < older.selectors.size(); ++i) {
    if (selects(older.selectors[i], labels)) {
      return &older.names[i];
    }
  }
  return nullptr;
}

std::optional<api::LabelSelector> active_selector(const Policy& policy,
                                                  const api::OptimizationPolicyStatus& status) {
  if (status.injection) {
    return status.injection->selector;
  }
  return policy.errors.empty() ? std::optional(policy.parsed.selector) : std::nullopt;
}

void note_standing(Policy& policy) {
  const api::OptimizationPolicyStatus status = status_of(policy);
  policy.active = active_selector(policy, status);
  policy.takes_no_pods = takes_no_pods(status);
}

bool takes(const Policy& policy, const std::map<std::string, std::string>& labels) {
  return selects(policy.parsed.selector, labels) ||
         (policy.active && selects(*policy.active, labels));
}

}  // namespace penstock::reconcile
