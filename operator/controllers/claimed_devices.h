#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <memory>
#include <string>

#include "lib/clock/clock.h"
#include "operator/capacity/device_claims.h"
#include "operator/controllers/background.h"
#include "operator/controllers/background_answers.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"

namespace penstock::controllers {

// What the API server says of devices that pods get by ResourceClaims, in the version that it
// serves. Nothing is watched: few targets ask for GPUs so, and what is told of them is asked for
// once in a while, in the background: a large cluster's are long lists. Threads: any.
class ClaimedDevices {
 public:
  static constexpr std::chrono::seconds kFor{10};
  // How long what was said counts while no newer answer comes.
  static constexpr std::chrono::seconds kBelieved{60};
  using View = kube::ApiResult<capacity::DeviceView>;

  ClaimedDevices(kube::Client& client, kube::Discovery& discovery, const clock::Clock& clock,
                 std::unique_ptr<Background> background);

  // Devices by class that a pod of this `spec` gets claims for; empty: it has none.
  kube::ApiResult<std::map<std::string, std::int64_t>> asked_by(const std::string& ns,
                                                                const json::Value& pod_spec);

  // All devices of a driver, as it was last said. Never waits.
  std::expected<std::shared_ptr<const View>, Silence> of(const std::string& driver) {
    return views_.find(driver);
  }

 private:
  View ask(const std::string& driver);
  // Of all namespaces; null: not served.
  kube::ApiResult<json::Value> list(const std::string& plural);
  kube::ApiResult<std::string> collection(const std::string& plural, const std::string& ns);

  kube::Client& client_;
  kube::Discovery& discovery_;
  BackgroundAnswers<View> views_;                 // by driver
  const std::unique_ptr<Background> background_;  // last: its tasks use all of the above
};

}  // namespace penstock::controllers
