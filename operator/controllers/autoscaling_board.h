#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "lib/sync/mutex.h"
#include "operator/reconcile/world.h"

namespace penstock::controllers {

// What the autoscaler has to say of each policy, for who writes the policy's status: that has one
// writer. Threads: any.
class AutoscalingBoard {
 public:
  // True: it differs from what stood there.
  bool publish(const std::string& policy, reconcile::AutoscalingNote note) {
    const sync::MutexLock lock(mutex_);
    const auto [found, added] = notes_.try_emplace(policy, note);
    if (!added && found->second == note) {
      return false;
    }
    found->second = std::move(note);
    return true;
  }

  void remove(const std::string& policy) {
    const sync::MutexLock lock(mutex_);
    notes_.erase(policy);
  }

  // Of all policies: another operator may have said something since.
  void forget_all() {
    const sync::MutexLock lock(mutex_);
    notes_.clear();
  }

  [[nodiscard]] std::optional<reconcile::AutoscalingNote> find(const std::string& policy) const {
    const sync::MutexLock lock(mutex_);
    const auto found = notes_.find(policy);
    return found == notes_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  mutable sync::Mutex mutex_;
  std::map<std::string, reconcile::AutoscalingNote> notes_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers
