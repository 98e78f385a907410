#pragma once

#include <string>

#include "operator/app/options.h"
#include "operator/controllers/webhook_controller.h"
#include "operator/webhook/server.h"

namespace penstock::control {

// The admission webhook, where it is on: its listener, the certificates that every replica serves
// from one Secret, and the work that keeps them, which the leader does.
class InjectionWebhook {
 public:
  // `changed` is called whenever there may be work.
  InjectionWebhook(const RunOptions& options, const std::string& ns,
                   const controllers::Stores& stores, kube::Client& client,
                   const clock::Clock& clock, std::function<void()> changed);

  Result<void> listen(const std::string& address);

  // Whether API servers can be answered.
  [[nodiscard]] bool ready() const { return server_.ready(); }
  controllers::WebhookStores& stores() { return stores_; }
  kube::WorkOutcome reconcile() { return controller_.reconcile(); }

 private:
  webhook::Server server_;
  controllers::WebhookStores stores_;
  controllers::WebhookController controller_;
};

}  // namespace penstock::control
