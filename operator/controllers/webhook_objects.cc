#include "operator/controllers/webhook_objects.h"

#include <utility>

#include "lib/api/url.h"
#include "operator/kube/base64.h"

namespace penstock::controllers {

using json::Value;
using kube::member;
using kube::text_of;

WebhookSecret read_webhook_secret(const Value& object) {
  WebhookSecret secret{.meta = kube::read_meta(object)};
  for (const auto& [name, text] : kube::texts_of(object, "data")) {
    secret.data[name] = kube::decode_base64(text).value_or("");
  }
  return secret;
}

WebhookConfiguration read_webhook_configuration(const Value& object) {
  WebhookConfiguration configuration{.meta = kube::read_meta(object)};
  for (const Value& entry : kube::list_of(object, "webhooks")) {
    const Value& client = member(entry, "clientConfig");
    WebhookConfiguration::Hook hook{
        .name = text_of(entry, "name"),
        .bundle = kube::decode_base64(text_of(client, "caBundle")).value_or("")};
    if (const Value& service = member(client, "service"); service.is_object()) {
      hook.host = text_of(service, "name") + "." + text_of(service, "namespace") + ".svc";
    } else if (const Result<api::Url> url = api::parse_url(text_of(client, "url"))) {
      hook.host = url->host;
    }
    if (!hook.host.empty()) {
      configuration.hooks.push_back(std::move(hook));
    }
  }
  return configuration;
}

}  // namespace penstock::controllers
