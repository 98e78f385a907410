#include "operator/controllers/kept_configs.h"

#include <memory>
#include <utility>

namespace penstock::controllers {

using reconcile::DeliveredConfig;
using reconcile::Ptr;

bool KeptConfigs::has_seen(const std::string& policy, const std::string& hash) const {
  const auto found = seen_.find(policy);
  return found != seen_.end() && found->second == hash;
}

void KeptConfigs::keep(const std::string& policy, DeliveredConfig config) {
  forget(policy);
  seen_[policy] = config.hash;
  const std::size_t bytes = size_of(config.content);
  if (bytes > bytes_max_ - bytes_) {
    return;
  }
  bytes_ += bytes;
  configs_.emplace(policy, std::make_shared<const DeliveredConfig>(std::move(config)));
}

void KeptConfigs::forget(const std::string& policy) {
  seen_.erase(policy);
  const auto found = configs_.find(policy);
  if (found != configs_.end()) {
    bytes_ -= size_of(found->second->content);
    configs_.erase(found);
  }
}

Ptr<DeliveredConfig> KeptConfigs::find(const std::string& policy) const {
  const auto found = configs_.find(policy);
  return found == configs_.end() ? nullptr : found->second;
}

}  // namespace penstock::controllers
