#include "operator/controllers/pool_keepers.h"

#include <tuple>

#include "operator/capacity/scale_provider.h"

namespace penstock::controllers {
namespace {

std::string key_of(const api::NodePoolSpec& pool, const std::string& ns) {
  const std::string group = pool.api_version.substr(0, pool.api_version.find('/'));
  return group + "/" + pool.kind + "/" + (capacity::is_karpenter(pool) ? "" : ns) + "/" + pool.name;
}

bool is_older(const kube::ObjectMeta& one, const kube::ObjectMeta& other) {
  return std::tie(one.created, one.ns, one.name) < std::tie(other.created, other.ns, other.name);
}

}  // namespace

std::string PoolKeepers::claim(const api::NodePoolSpec& pool, const kube::ObjectMeta& policy) {
  const std::string wanted = key_of(pool, policy.ns);
  const std::string own = policy.key();
  const sync::MutexLock lock(mutex_);
  std::erase_if(keepers_,
                [&](const auto& kept) { return kept.first != wanted && kept.second.key() == own; });
  kube::ObjectMeta& keeper = keepers_.try_emplace(wanted, policy).first->second;
  if (keeper.key() != own && is_older(keeper, policy)) {
    return keeper.key();
  }
  keeper = policy;
  return "";
}

void PoolKeepers::release(const std::string& policy) {
  const sync::MutexLock lock(mutex_);
  std::erase_if(keepers_, [&policy](const auto& kept) { return kept.second.key() == policy; });
}

void PoolKeepers::release_all() {
  const sync::MutexLock lock(mutex_);
  keepers_.clear();
}

}  // namespace penstock::controllers
