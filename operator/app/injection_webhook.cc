#include "operator/app/injection_webhook.h"

#include <utility>

#include "operator/app/listen_address.h"
#include "operator/webhook/certificates.h"

namespace penstock::control {
namespace {

using controllers::WebhookConfiguration;
using controllers::WebhookSecret;

}  // namespace

InjectionWebhook::InjectionWebhook(const RunOptions& options, const std::string& ns,
                                   const controllers::Stores& stores, kube::Client& client,
                                   const clock::Clock& clock, std::function<void()> changed)
    : server_([&stores](const std::string& of) { return controllers::injections_of(stores, of); }),
      stores_{
          .secrets = kube::ObjectStore<WebhookSecret>(
              [this, changed](const WebhookSecret*, const WebhookSecret* now) {
                if (now != nullptr) {
                  server_.use(webhook::Certificates::of(now->data).server);
                }
                changed();
              }),
          .configurations = kube::ObjectStore<WebhookConfiguration>(
              [changed](const WebhookConfiguration*, const WebhookConfiguration*) { changed(); })},
      controller_(stores_, {ns, options.webhook_secret, options.webhook_configuration}, client,
                  clock) {}

Result<void> InjectionWebhook::listen(const std::string& address) {
  const Result<ListenAddress> parsed = parse_listen_address("--webhook", address);
  if (!parsed) {
    return std::unexpected(parsed.error());
  }
  if (const Result<int> port = server_.listen(parsed->host, parsed->port); !port) {
    return std::unexpected(port.error());
  }
  return {};
}

}  // namespace penstock::control
