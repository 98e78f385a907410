#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/api/injection_status.h"
#include "lib/clock/clock.h"
#include "operator/controllers/stores.h"
#include "operator/controllers/webhook_objects.h"
#include "operator/kube/client.h"
#include "operator/kube/object_store.h"
#include "operator/kube/workers.h"

namespace penstock::controllers {

// Names of the objects that the webhook depends on.
struct WebhookNames {
  std::string ns;             // of the Secret
  std::string secret;         // for certificates
  std::string configuration;  // the MutatingWebhookConfiguration
};

struct WebhookStores {
  kube::ObjectStore<WebhookSecret> secrets;
  kube::ObjectStore<WebhookConfiguration> configurations;
};

// Keeps the webhook's certificates valid in their Secret, which all replicas serve from, and the
// bundle of its authorities in the MutatingWebhookConfiguration, whoever changes it. Certificates
// are for the hosts that the configuration calls.
// Threads: one at a time.
class WebhookController {
 public:
  // How often certificates' times are looked at; that asks nobody.
  static constexpr std::chrono::minutes kPeriod{1};

  WebhookController(const WebhookStores& stores, WebhookNames names, kube::Client& client,
                    const clock::Clock& clock)
      : stores_(stores), names_(std::move(names)), client_(client), clock_(clock) {}

  kube::WorkOutcome reconcile();

  // Which object of the chart's is not there, and what restores it; empty: both are, or what is
  // there is not known yet. Threads: any.
  [[nodiscard]] std::string what_is_gone() const;

 private:
  kube::WorkOutcome write_secret(const WebhookSecret& secret,
                                 const std::map<std::string, std::string>& data);
  kube::WorkOutcome write_bundle(const WebhookConfiguration& configuration,
                                 const std::string& bundle);

  const WebhookStores& stores_;
  const WebhookNames names_;
  kube::Client& client_;
  const clock::Clock& clock_;
};

// What the policies of a namespace inject, by their names.
std::vector<api::InjectionStatus> injections_of(const Stores& stores, const std::string& ns);

}  // namespace penstock::controllers
