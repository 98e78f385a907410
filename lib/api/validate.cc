#include "lib/api/validate.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/api/features.h"

namespace penstock::api {
namespace {

using Errors = std::vector<json::FieldError>;

std::string indexed(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

void validate_selector(const LabelSelector& selector, Errors& errors) {
  if (selector.match_labels.empty() && selector.match_expressions.empty()) {
    errors.push_back({"spec.selector",
                      "must hold matchLabels or matchExpressions: an empty one would take every "
                      "pod of the namespace"});
  }
  for (std::size_t i = 0; i < selector.match_expressions.size(); ++i) {
    const LabelExpression& expression = selector.match_expressions[i];
    const bool takes_values =
        expression.op == LabelOperator::kIn || expression.op == LabelOperator::kNotIn;
    if (takes_values == expression.values.empty()) {
      errors.push_back({indexed("spec.selector.matchExpressions", i) + ".values",
                        takes_values ? "must hold at least one value for In and NotIn"
                                     : "must be absent for Exists and DoesNotExist"});
    }
  }
}

void validate_listener(const ListenerSpec& listener, Errors& errors) {
  if (listener.tls && listener.tls->client_certificates && !listener.tls->client_ca_ref) {
    errors.push_back({"spec.listener.tls.clientCertificates",
                      "needs clientCARef: the CAs that client certificates are checked against"});
  }
  if (listener.authentication.allow_anonymous && listener.authentication.keys_ref) {
    errors.push_back(
        {"spec.listener.authentication.allowAnonymous", "contradicts keysRef; remove one of them"});
  }
  if (listener.limits.collected_total < listener.limits.collected_body) {
    errors.push_back({"spec.listener.limits.collectedTotal",
                      "must not be smaller than collectedBody (" +
                          json::format_quantity(listener.limits.collected_body) + ")"});
  }
}

}  // namespace

void validate(const OptimizationPolicySpec& spec, Errors& errors) {
  validate_selector(spec.selector, errors);
  if (spec.autoscaling) {
    validate_autoscaling(*spec.autoscaling, errors);
  }
  validate_listener(spec.listener, errors);
}

void validate(const CacheTierSpec& /*spec*/, Errors& /*errors*/) {}

void validate(const PolicyBindingSpec& spec, Errors& errors) {
  if (spec.api_level > kApiLevel) {
    errors.push_back({"spec.apiLevel", "is above " + std::to_string(kApiLevel) +
                                           ", the level of this sidecar; it is too old"});
  }
  for (std::size_t i = 0; i < spec.required_features.size(); ++i) {
    if (!is_known_feature(spec.required_features[i])) {
      errors.push_back(
          {indexed("spec.requires", i),
           "is not known to this sidecar (" + spec.required_features[i] + "); it is too old"});
    }
  }
}

}  // namespace penstock::api
