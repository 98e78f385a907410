#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/json/text.h"
#include "operator/kube/object_meta.h"

// The two objects that the webhook depends on, made by the chart and completed by the operator.
namespace penstock::controllers {

// Its certificates. The data is secret.
struct WebhookSecret {
  kube::ObjectMeta meta;
  std::map<std::string, std::string> data;  // decoded
};

// Where API servers call it, and whom they trust to be it.
struct WebhookConfiguration {
  struct Hook {
    std::string name;
    std::string host;    // of the URL, or the Service's name inside the cluster
    std::string bundle;  // PEM; empty: none yet
  };

  kube::ObjectMeta meta;
  std::vector<Hook> hooks;
};

WebhookSecret read_webhook_secret(const json::Value& object);
WebhookConfiguration read_webhook_configuration(const json::Value& object);

}  // namespace penstock::controllers
