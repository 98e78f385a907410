#pragma once

#include <string>

#include "operator/app/options.h"
#include "operator/controllers/webhook_controller.h"
#include "operator/webhook/server.h"

namespace penstock::control {

// The admission webhook: its listener, the certificates that every replica serves from one Secret,
// and the work that keeps them. Any replica does it, whether it leads or not: one that waits for
// the leader to be ready would wait forever where the leader is of a release that has no webhook.
class InjectionWebhook {
 public:
  InjectionWebhook(const RunOptions& options, const std::string& ns,
                   const controllers::Stores& stores, kube::Client& client,
                   const clock::Clock& clock, std::uint64_t seed,
                   webhook::Server::Reviewed reviewed);

  Result<void> listen(const std::string& host, int port);
  // The stores may be filled from here on.
  void start();
  void stop() { workers_.stop(); }

  // Whether API servers can be answered.
  [[nodiscard]] bool ready() const { return server_.ready(); }
  // What is amiss with the objects that it depends on; empty: nothing is known to be.
  [[nodiscard]] std::string problem() const { return controller_.what_is_gone(); }
  controllers::WebhookStores& stores() { return stores_; }

 private:
  webhook::Server server_;
  kube::Workers workers_;
  controllers::WebhookStores stores_;
  controllers::WebhookController controller_;
};

}  // namespace penstock::control
