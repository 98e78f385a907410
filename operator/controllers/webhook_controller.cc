#include "operator/controllers/webhook_controller.h"

#include <algorithm>
#include <utility>

#include "lib/json/read.h"
#include "operator/kube/base64.h"
#include "operator/webhook/certificates.h"

namespace penstock::controllers {

using json::Value;
using kube::WorkOutcome;

WorkOutcome WebhookController::reconcile() {
  const auto secret = stores_.secrets.find(names_.ns, names_.secret);
  const auto configuration = stores_.configurations.find("", names_.configuration);
  if (secret == nullptr || configuration == nullptr || configuration->hooks.empty()) {
    // There is nothing to complete; when that changes, the watch says so.
    return {.problem = what_is_gone(), .again_in = kPeriod};
  }
  webhook::Callers callers;
  for (const WebhookConfiguration::Hook& hook : configuration->hooks) {
    callers.hosts.push_back(hook.host);
    callers.bundles.push_back(hook.bundle);
  }
  const auto current = webhook::Certificates::of(secret->data);
  const auto next = webhook::renewed(current, callers,
                                     std::chrono::floor<std::chrono::seconds>(clock_.wall_now()));
  if (!next) {
    return {.succeeded = false, .problem = next.error().detail};
  }
  if (*next) {
    return write_secret(*secret, (*next)->data());
  }
  return write_bundle(*configuration, current.bundle());
}

std::string WebhookController::what_is_gone() const {
  const auto gone = [](const std::string& object, const char* therefore) {
    return object + " is gone, so " + therefore + "; helm upgrade restores it";
  };
  if (stores_.secrets.complete() && stores_.secrets.find(names_.ns, names_.secret) == nullptr) {
    return gone("Secret " + names_.ns + "/" + names_.secret,
                "the webhook's certificate is not renewed, and replicas that start have none");
  }
  if (stores_.configurations.complete() &&
      stores_.configurations.find("", names_.configuration) == nullptr) {
    return gone("MutatingWebhookConfiguration " + names_.configuration,
                "API servers do not call the webhook");
  }
  return "";
}

// Only over the version that was read: of replicas that find the same thing due, one writes and the
// others see a conflict, and then its certificates.
WorkOutcome WebhookController::write_secret(const WebhookSecret& secret,
                                            const std::map<std::string, std::string>& data) {
  const auto written =
      client_.merge(kube::kSecrets.object(names_.ns, names_.secret),
                    {{"metadata", {{"resourceVersion", secret.meta.resource_version}}},
                     {"data", kube::encode_base64(data)}});
  if (!written) {
    return kube::failed(written.error());
  }
  return {.again_in = kPeriod};  // sooner, by the watch
}

WorkOutcome WebhookController::write_bundle(const WebhookConfiguration& configuration,
                                            const std::string& bundle) {
  Value hooks = Value::array();
  for (const WebhookConfiguration::Hook& hook : configuration.hooks) {
    if (hook.bundle != bundle) {
      hooks.push_back(
          {{"name", hook.name}, {"clientConfig", {{"caBundle", kube::encode_base64(bundle)}}}});
    }
  }
  if (hooks.empty()) {
    return {.again_in = kPeriod};
  }
  const auto written = client_.strategic_merge(
      kube::kMutatingWebhooks.object("", names_.configuration), {{"webhooks", std::move(hooks)}});
  if (!written) {
    return kube::failed(written.error());
  }
  return {.again_in = kPeriod};
}

std::vector<api::InjectionStatus> injections_of(const Stores& stores, const std::string& ns) {
  std::vector<api::InjectionStatus> result;
  for (const auto& policy : stores.policies.list(ns)) {
    const Value& written = kube::member(policy->status, "injection");
    if (written.is_object()) {
      api::InjectionStatus injection;
      json::Reader reader(json::Strictness::kTolerant);
      json::read(reader, written, injection);
      // Half of it could be a sidecar that selects every pod.
      if (reader.errors().empty()) {
        result.push_back(std::move(injection));
      }
    }
  }
  return result;
}

}  // namespace penstock::controllers
