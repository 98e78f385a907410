#pragma once

#include <map>
#include <string>

#include "lib/sync/mutex.h"
#include "operator/reconcile/world.h"

namespace penstock::controllers {

// Of policies whose newest version has errors, the last one without: who edits one into an error
// has not turned it off. Sidecars go on with it, too.
// Threads: one that follows, any number that ask.
class PoliciesInForce {
 public:
  // A version took another's place; nullptr before: it is new; nullptr now: it is gone.
  void follow(const reconcile::Policy* before, const reconcile::Policy* now);

  // The newest itself where it has no errors. nullptr: this process has seen no such version.
  [[nodiscard]] reconcile::Ptr<reconcile::Policy> of(
      const reconcile::Ptr<reconcile::Policy>& newest) const;

 private:
  mutable sync::Mutex mutex_;
  std::map<std::string, reconcile::Ptr<reconcile::Policy>> last_good_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers
