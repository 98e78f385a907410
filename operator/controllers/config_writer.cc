#include "operator/controllers/config_writer.h"

#include <utility>

#include "operator/controllers/config_map.h"
#include "operator/reconcile/sidecar_container.h"

namespace penstock::controllers {

using json::Value;
using kube::ApiResult;
using reconcile::DeliveredConfig;
using reconcile::Plan;
using reconcile::Policy;

// Somebody who puts a ConfigMap back as often as we do would keep both busy for ever.
std::chrono::milliseconds ConfigWriter::pause_of_restore(const Policy& policy, const Plan& plan) {
  if (!plan.config) {
    return {};
  }
  const auto before =
      stores_.config_maps.find(policy.meta.ns, reconcile::config_map_name(policy.meta.name));
  if (before == nullptr || before->hash != plan.status.hash) {
    return {};  // a new version
  }
  const sync::MutexLock lock(mutex_);
  return restores_[policy.meta.key()].wait(clock_.now());
}

void ConfigWriter::forget(const std::string& policy) {
  const sync::MutexLock lock(mutex_);
  restores_.erase(policy);
  kept_.forget(policy);
}

// One that was written for this policy is ours, whoever has edited it since; one without our label,
// which is not watched, is asked for. That of a policy of the same name before is taken over: it
// would go with it, or stay for ever. Somebody else's is left alone, whatever it holds.
ApiResult<bool> ConfigWriter::is_written_for(const Policy& policy, const std::string& path,
                                             const ConfigMap* seen) {
  ConfigMap unseen;
  if (seen == nullptr) {
    const auto asked = client_.get(path);
    if (!asked) {
      return asked.error().not_found() ? ApiResult<bool>(false) : std::unexpected(asked.error());
    }
    unseen = read_config_map(*asked);
    seen = &unseen;
  }
  if (seen->owner_uid.empty() && !seen->is_orphan) {
    return std::unexpected(kube::ApiError{
        .status = 409, .reason = kNotOurs, .message = "one that is not Penstock's is there"});
  }
  return seen->owner_uid == policy.meta.uid;
}

ApiResult<void> ConfigWriter::write(const Policy& policy, const Plan& plan) {
  // Of a policy that is being deleted it is left as that says: one that is to stay behind would go
  // with the policy, were it given to that once more.
  if (plan.config && !policy.meta.deleting) {
    if (ApiResult<void> written = put(policy, plan); !written) {
      return written;
    }
  }
  keep(policy, plan);
  return {};
}

// A policy that is not good has no documents: what was kept of it stays.
void ConfigWriter::keep(const Policy& policy, const Plan& plan) {
  if (plan.documents.empty() || has_kept(policy.meta.key(), plan.status.hash)) {
    return;
  }
  DeliveredConfig config{
      .hash = plan.status.hash,
      .content = plan.config ? *plan.config : reconcile::content_of(plan.documents)};
  config.content.listener = reconcile::listener_kind(policy.parsed.listener);
  const sync::MutexLock lock(mutex_);
  kept_.keep(policy.meta.key(), std::move(config));
}

bool ConfigWriter::has_kept(const std::string& policy, const std::string& hash) const {
  const sync::MutexLock lock(mutex_);
  return kept_.has_seen(policy, hash);
}

reconcile::Ptr<DeliveredConfig> ConfigWriter::last_delivered(const std::string& policy) const {
  const sync::MutexLock lock(mutex_);
  return kept_.find(policy);
}

ApiResult<void> ConfigWriter::put(const Policy& policy, const Plan& plan) {
  const std::string name = reconcile::config_map_name(policy.meta.name);
  const std::string path = kube::kConfigMaps.object(policy.meta.ns, name);
  const auto before = stores_.config_maps.find(policy.meta.ns, name);
  const ApiResult<bool> is_ours = is_written_for(policy, path, before.get());
  if (!is_ours) {
    return std::unexpected(is_ours.error());
  }
  const Value wanted = config_map_of(policy, plan.status.hash, *plan.config);
  const auto written =
      client_.apply(path, wanted, *is_ours ? kube::Conflicts::kTake : kube::Conflicts::kFail);
  if (!written) {
    return std::unexpected(written.error());
  }
  if (!*is_ours || before == nullptr || before->intact == true) {
    return {};
  }
  if (const Value others = without_others(*before, *plan.config); !others.is_null()) {
    if (const auto removed = client_.merge(path, others); !removed) {
      return std::unexpected(removed.error());
    }
  }
  if (before->intact == false) {
    events_.record(kube::kPolicies, policy.meta, true, "ConfigMapRestored",
                   "somebody changed ConfigMap " + name +
                       ", which is made of the policy and what it refers to; change those");
  }
  return {};
}

}  // namespace penstock::controllers
