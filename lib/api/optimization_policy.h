#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/caching_spec.h"
#include "lib/api/enums.h"
#include "lib/api/listener_spec.h"
#include "lib/api/upstream_spec.h"
#include "lib/json/field.h"

namespace penstock::api {

struct LabelExpression {
  std::string key;
  LabelOperator op = LabelOperator::kIn;
  std::vector<std::string> values;

  static constexpr auto fields() {
    using T = LabelExpression;
    return std::tuple{
        json::Field{
            "key",
            &T::key,
            {.about = "A label.", .required = true, .length_max = 317, .format = &kLabelKey}},
        json::Field{"operator", &T::op, {.about = "How it is compared.", .required = true}},
        json::Field{"values",
                    &T::values,
                    {.about = "For In and NotIn only.",
                     .length_min = 0,
                     .length_max = 63,
                     .format = &kLabelValue}}};
  }
};

// Which pods; stand-alone it selects nothing, but is required all the same.
struct LabelSelector {
  std::map<std::string, std::string> match_labels;
  std::vector<LabelExpression> match_expressions;

  static constexpr auto fields() {
    using T = LabelSelector;
    return std::tuple{json::Field{"matchLabels",
                                  &T::match_labels,
                                  {.about = "Labels that a pod must carry.",
                                   .length_min = 0,
                                   .length_max = 63,
                                   .format = &kLabelValue,
                                   .key_format = &kLabelKey}},
                      json::Field{"matchExpressions",
                                  &T::match_expressions,
                                  {.about = "Conditions on labels; all must hold."}}};
  }
};

struct RoutingSpec {
  NameRef table_ref;

  static constexpr auto fields() {
    return std::tuple{json::Field{
        "tableRef", &RoutingSpec::table_ref, {.about = "A RoutingTable.", .required = true}}};
  }
};

struct AccessLogSpec {
  double sampling_percent = 100;

  static constexpr auto fields() {
    return std::tuple{json::Field{
        "samplingPercent",
        &AccessLogSpec::sampling_percent,
        {.about = "The share of requests that are logged; 0 is none.", .min = 0, .max = 100}}};
  }
};

struct ObservabilitySpec {
  AccessLogSpec access_log;
  std::uint32_t recent_requests = 200;

  static constexpr auto fields() {
    using T = ObservabilitySpec;
    return std::tuple{
        json::Field{"accessLog", &T::access_log, {.about = "JSON lines on standard output."}},
        json::Field{"recentRequests",
                    &T::recent_requests,
                    {.about = "Requests kept for /api/requests, without content.",
                     .min = 0,
                     .max = 10'000}}};
  }
};

struct OptimizationPolicySpec {
  LabelSelector selector;
  Mode mode = Mode::kEnforce;
  ListenerSpec listener;
  UpstreamSpec upstream;
  std::optional<CachingSpec> caching;
  std::optional<RoutingSpec> routing;
  ObservabilitySpec observability;

  static constexpr auto fields() {
    using T = OptimizationPolicySpec;
    return std::tuple{
        json::Field{"selector",
                    &T::selector,
                    {.about = "Which pods; an empty one is refused.", .required = true}},
        json::Field{"mode", &T::mode, {.about = "Off: requests pass, nothing is changed."}},
        json::Field{"listener", &T::listener, {.about = "How clients reach the sidecar."}},
        json::Field{"upstream", &T::upstream, {.about = "How the sidecar reaches backends."}},
        json::Field{"caching",
                    &T::caching,
                    {.about = "Keeps answers and shares identical calls; off where absent."}},
        json::Field{"routing",
                    &T::routing,
                    {.about = "Where requests go; the engine in the pod where absent."}},
        json::Field{"observability", &T::observability, {.about = "What is recorded."}}};
  }
};

}  // namespace penstock::api
