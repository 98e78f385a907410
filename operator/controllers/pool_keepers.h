#pragma once

#include <map>
#include <string>

#include "lib/api/node_capacity_spec.h"
#include "lib/sync/mutex.h"
#include "operator/kube/object_meta.h"

namespace penstock::controllers {

// Which policy sizes which pool of nodes: one. Each of two would take the other's room for its own
// and the other's replicas for strangers, and they would grow and shrink the pool against each
// other for ever. The older one wins, from when it first asks.
//
// A pool of Karpenter's is the cluster's; any other is taken for one in the policy's namespace.
//
// Threads: any.
class PoolKeepers {
 public:
  // Whoever may size it instead ("namespace/name"); empty: `policy` may, and nobody younger. It
  // gives up any other pool that it kept.
  std::string claim(const api::NodePoolSpec& pool, const kube::ObjectMeta& policy);

  // It sizes none any more.
  void release(const std::string& policy);
  void release_all();

 private:
  sync::Mutex mutex_;
  std::map<std::string, kube::ObjectMeta> keepers_ PENSTOCK_GUARDED_BY(mutex_);  // by pool
};

}  // namespace penstock::controllers
