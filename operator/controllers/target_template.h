#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/clock/clock.h"
#include "operator/capacity/pod_shape.h"
#include "operator/controllers/claimed_devices.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"

namespace penstock::controllers {

// What the replicas of an autoscaled policy are made of.
struct TargetTemplate {
  std::string version;  // of the workload in the store; empty: it is not watched
  clock::Instant read{};
  json::Value spec;  // of the object
  capacity::PodShape shape;
};

// Threads: any, but one at a time for one policy.
class TargetTemplateReader {
 public:
  // How soon a template is read again that is not watched.
  static constexpr std::chrono::milliseconds kFresh{60'000};

  TargetTemplateReader(const Stores& stores, kube::Client& client, kube::Discovery& discovery,
                       ClaimedDevices& claimed, const clock::Clock& clock)
      : stores_(stores), client_(client), discovery_(discovery), claimed_(claimed), clock_(clock) {}

  // Reads it where `known` may have changed since.
  kube::ApiResult<void> read(const reconcile::Policy& policy, std::optional<TargetTemplate>& known);

 private:
  const Stores& stores_;
  kube::Client& client_;
  kube::Discovery& discovery_;
  ClaimedDevices& claimed_;
  const clock::Clock& clock_;
};

}  // namespace penstock::controllers
