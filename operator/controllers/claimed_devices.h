#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/capacity/device_claims.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"

namespace penstock::controllers {

// What the API server says of devices that pods get by ResourceClaims, in the version that it
// serves. Nothing is watched: few targets ask for GPUs so, and what is told of them is asked for
// once in a while. Threads: any.
class ClaimedDevices {
 public:
  static constexpr std::chrono::seconds kFor{10};
  using View = std::shared_ptr<const capacity::DeviceView>;

  ClaimedDevices(kube::Client& client, kube::Discovery& discovery, const clock::Clock& clock)
      : client_(client), discovery_(discovery), clock_(clock) {}

  // Devices by class that a pod of this `spec` gets claims for; empty: it has none.
  kube::ApiResult<std::map<std::string, std::int64_t>> asked_by(const std::string& ns,
                                                                const json::Value& pod_spec);

  // All devices of a driver, at most kFor old.
  kube::ApiResult<View> of(const std::string& driver);

 private:
  struct Seen {
    View view;
    clock::Instant until{};
  };

  // Of all namespaces; null: not served.
  kube::ApiResult<json::Value> list(const std::string& plural);
  kube::ApiResult<std::string> collection(const std::string& plural, const std::string& ns);

  kube::Client& client_;
  kube::Discovery& discovery_;
  const clock::Clock& clock_;
  sync::Mutex mutex_;
  std::map<std::string, Seen> seen_ PENSTOCK_GUARDED_BY(mutex_);  // by driver
};

}  // namespace penstock::controllers
