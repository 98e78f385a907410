#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/formats.h"
#include "lib/api/label_selector.h"
#include "lib/api/port_move_status.h"
#include "lib/api/references.h"
#include "lib/json/field.h"
#include "lib/json/text.h"

// status.injection of an OptimizationPolicy: what admission copies into new pods.
namespace penstock::api {

// What of a pod's grace period is not for its streams, in seconds: every node's proxy needs some to
// forget an endpoint, and the last ones are kept so that streams are ended by an event of ours and
// not by a signal. The admission policy (charts/penstock) counts with it, too.
inline constexpr std::int64_t kGraceReserveSeconds = 8;
// The most that a policy asks for, and that a sidecar uses of a longer one.
inline constexpr std::int64_t kGraceMaxSeconds = 86'460;

// Of a pod's grace period, in seconds: for how long its sidecar lets streams go on. Never 0, which
// would cut them.
constexpr std::int64_t drain_seconds(std::int64_t grace) {
  return std::max<std::int64_t>(1, std::min(grace, kGraceMaxSeconds) - kGraceReserveSeconds);
}

// A variable that names a model API.
struct ClientVariableStatus {
  std::string name;
  std::string from;
  std::string to;

  bool operator==(const ClientVariableStatus&) const = default;

  static constexpr auto fields() {
    using T = ClientVariableStatus;
    return std::tuple{
        json::Field{
            "name",
            &T::name,
            {.about = "The variable.", .required = true, .length_max = 128, .format = &kVariable}},
        json::Field{"from",
                    &T::from,
                    {.about = "What it must be before; empty: it may be absent, and "
                              "is added.",
                     .required = true,
                     .length_min = 0,
                     .length_max = 2'048}},
        json::Field{"to",
                    &T::to,
                    {.about = "The sidecar, with the path of the API.",
                     .required = true,
                     .length_max = 2'048}}};
  }
};

// How a client's containers are told that their model APIs are at the sidecar.
struct EnvironmentStatus {
  std::vector<ClientVariableStatus> variables;
  bool override_all = false;

  bool operator==(const EnvironmentStatus&) const = default;

  static constexpr auto fields() {
    using T = EnvironmentStatus;
    return std::tuple{
        json::Field{"variables",
                    &T::variables,
                    {.about = "Set in every container.", .required = true, .items_max = 16}},
        json::Field{
            "override", &T::override_all, {.about = "Whatever they are now.", .required = true}}};
  }
};

// All that a pod is given. Whoever may write it may put any container into the namespace's pods.
struct InjectionStatus {
  std::string hash;
  LabelSelector selector;
  std::vector<LabelSelector> yields;
  std::map<std::string, std::string> annotations;
  std::int64_t grace = 0;
  std::optional<PortSwapStatus> port_swap;
  std::optional<EnvironmentStatus> environment;
  json::Value container;
  json::Value guaranteed_resources;
  json::Value redirect;
  std::optional<ProbeMoveStatus> probe_move;
  std::string engine_container;
  json::Value engine_pre_stop;
  std::vector<json::Value> volumes;
  std::vector<NameRef> pull_secrets;

  static constexpr auto fields() {
    using T = InjectionStatus;
    return std::tuple{
        json::Field{"hash",
                    &T::hash,
                    {.about = "Tells versions of the injection apart.",
                     .required = true,
                     .length_max = 64,
                     .format = &kHex}},
        json::Field{"selector",
                    &T::selector,
                    {.about = "The last accepted spec.selector.", .required = true}},
        json::Field{"yields",
                    &T::yields,
                    {.about = "Selectors of older policies, whose pods this one leaves alone."}},
        json::Field{"annotations",
                    &T::annotations,
                    {.about = "Annotations of the pod.",
                     .length_min = 0,
                     .length_max = 1'024,
                     .items_max = 16}},
        json::Field{
            "grace",
            &T::grace,
            {.about = "The pod's least grace period, in seconds; where its own is longer, the "
                      "sidecar's --drain-grace is made to fit that.",
             .min = 0,
             .max = kGraceMaxSeconds}},
        json::Field{"portSwap", &T::port_swap, {.about = "How the engine's port moves."}},
        json::Field{"environment",
                    &T::environment,
                    {.about = "How clients are told where their model APIs are."}},
        json::Field{
            "container", &T::container, {.about = "The sidecar's container.", .required = true}},
        json::Field{"guaranteedResources",
                    &T::guaranteed_resources,
                    {.about = "The sidecar's resources in a pod of class Guaranteed."}},
        json::Field{"redirect",
                    &T::redirect,
                    {.about = "The init container that leads the engine's port to the sidecar."}},
        json::Field{"probeMove",
                    &T::probe_move,
                    {.about = "Where the engine's probes and hooks go, past such a redirection."}},
        json::Field{
            "engineContainer",
            &T::engine_container,
            {.about = "The engine's container where its port does not move; empty: the only "
                      "one.",
             .length_min = 0,
             .length_max = 63}},
        json::Field{"enginePreStop",
                    &T::engine_pre_stop,
                    {.about = "The engine's preStop hook, where it has none of its own."}},
        json::Field{"volumes", &T::volumes, {.about = "Volumes of the pod.", .items_max = 16}},
        json::Field{"imagePullSecrets",
                    &T::pull_secrets,
                    {.about = "Secrets of the pod's namespace that pull the sidecar's image.",
                     .items_max = 8}}};
  }
};

}  // namespace penstock::api
