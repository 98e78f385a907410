#include "operator/controllers/policies_in_force.h"

#include <memory>

namespace penstock::controllers {

using reconcile::Policy;
using reconcile::Ptr;

void PoliciesInForce::follow(const Policy* before, const Policy* now) {
  const sync::MutexLock lock(mutex_);
  const bool stands = before != nullptr && now != nullptr && before->meta.uid == now->meta.uid &&
                      !now->errors.empty();
  if (!stands) {
    last_good_.erase((now != nullptr ? now : before)->meta.key());
  } else if (before->errors.empty()) {
    last_good_[now->meta.key()] = std::make_shared<const Policy>(*before);
  }
}

Ptr<Policy> PoliciesInForce::of(const Ptr<Policy>& newest) const {
  if (newest == nullptr || newest->errors.empty()) {
    return newest;
  }
  const sync::MutexLock lock(mutex_);
  const auto found = last_good_.find(newest->meta.key());
  return found == last_good_.end() ? nullptr : found->second;
}

}  // namespace penstock::controllers
