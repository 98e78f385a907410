#include "operator/app/injection_webhook.h"

#include <utility>

#include "operator/app/log.h"
#include "operator/webhook/certificates.h"

namespace penstock::control {
namespace {

using controllers::WebhookConfiguration;
using controllers::WebhookSecret;

// There is one piece of work.
constexpr const char* kKey = "webhook";

}  // namespace

InjectionWebhook::InjectionWebhook(const RunOptions& options, const std::string& ns,
                                   const controllers::Stores& stores, kube::Client& client,
                                   const clock::Clock& clock, std::uint64_t seed,
                                   webhook::Server::Reviewed reviewed)
    : server_([&stores](const std::string& of) { return controllers::injections_of(stores, of); },
              clock, std::move(reviewed)),
      workers_(clock, seed),
      stores_{.secrets = kube::ObjectStore<WebhookSecret>(
                  [this](const WebhookSecret*, const WebhookSecret* now) {
                    if (now != nullptr) {
                      server_.use(webhook::Certificates::of(now->data).server);
                    }
                    workers_.add(kKey);
                  }),
              .configurations = kube::ObjectStore<WebhookConfiguration>(
                  [this](const WebhookConfiguration*, const WebhookConfiguration*) {
                    workers_.add(kKey);
                  })},
      controller_(stores_, {ns, options.webhook_secret, options.webhook_configuration}, client,
                  clock) {}

void InjectionWebhook::start() {
  workers_.start(1, [this](const std::string&) {
    kube::WorkOutcome outcome = controller_.reconcile();
    if (!outcome.problem.empty()) {
      log_line("warn", "webhook: " + outcome.problem);
    }
    return outcome;
  });
  workers_.add(kKey);  // no change tells of what was never there
}

Result<void> InjectionWebhook::listen(const std::string& host, int port) {
  if (const Result<int> bound = server_.listen(host, port); !bound) {
    return std::unexpected(bound.error());
  }
  return {};
}

}  // namespace penstock::control
