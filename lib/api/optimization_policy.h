#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "lib/api/autoscaling_spec.h"
#include "lib/api/caching_spec.h"
#include "lib/api/enums.h"
#include "lib/api/interception_spec.h"
#include "lib/api/label_selector.h"
#include "lib/api/listener_spec.h"
#include "lib/api/upstream_spec.h"
#include "lib/json/field.h"

namespace penstock::api {

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
        {.about =
             "The share of requests that are logged, and beside it all that failed; 0 logs none.",
         .min = 0,
         .max = 100}}};
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
  InterceptionSpec interception;
  ListenerSpec listener;
  UpstreamSpec upstream;
  std::optional<CachingSpec> caching;
  std::optional<RoutingSpec> routing;
  std::optional<AutoscalingSpec> autoscaling;
  ObservabilitySpec observability;

  static constexpr auto fields() {
    using T = OptimizationPolicySpec;
    return std::tuple{
        json::Field{"selector",
                    &T::selector,
                    {.about = "Which pods; an empty one is refused.", .required = true}},
        json::Field{"mode", &T::mode, {.about = "Off: requests pass, nothing is changed."}},
        json::Field{"interception",
                    &T::interception,
                    {.about = "How the operator puts the sidecar in front of the engine; not used "
                              "stand-alone."}},
        json::Field{"listener", &T::listener, {.about = "How clients reach the sidecar."}},
        json::Field{"upstream", &T::upstream, {.about = "How the sidecar reaches backends."}},
        json::Field{"caching",
                    &T::caching,
                    {.about = "Keeps answers and shares identical calls; off where absent."}},
        json::Field{"routing",
                    &T::routing,
                    {.about = "Where requests go; the engine in the pod where absent."}},
        json::Field{"autoscaling",
                    &T::autoscaling,
                    {.about = "Sets the replicas of the engine by what its sidecars see; off where "
                              "absent. Not used stand-alone."}},
        json::Field{"observability", &T::observability, {.about = "What is recorded."}}};
  }
};

}  // namespace penstock::api
