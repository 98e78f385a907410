#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/api/enums.h"
#include "lib/api/formats.h"
#include "lib/api/label_selector.h"
#include "lib/json/field.h"
#include "lib/json/text.h"

// `status` of the three kinds. Only the operator writes it; the admission policy reads `injection`.
namespace penstock::api {

inline constexpr std::int64_t kGenerationMax = 1LL << 53;

struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::kUnknown;
  std::int64_t observed_generation = 0;
  std::string last_transition_time;  // RFC 3339, UTC
  std::string reason;
  std::string message;

  bool operator==(const Condition&) const = default;

  static constexpr auto fields() {
    using T = Condition;
    return std::tuple{
        json::Field{"type",
                    &T::type,
                    {.about = "What is judged.", .required = true, .format = &kCamelCase}},
        json::Field{"status", &T::status, {.about = "The judgement.", .required = true}},
        json::Field{"observedGeneration",
                    &T::observed_generation,
                    {.about = "The generation of the resource that was judged.",
                     .min = 0,
                     .max = kGenerationMax}},
        json::Field{
            "lastTransitionTime",
            &T::last_transition_time,
            {.about = "When the status last changed.", .required = true, .format = &kTimestamp}},
        json::Field{"reason",
                    &T::reason,
                    {.about = "The cause, for programs.", .required = true, .format = &kCamelCase}},
        json::Field{"message",
                    &T::message,
                    {.about = "The cause and what to do about it, for people.",
                     .required = true,
                     .length_min = 0,
                     .length_max = 32'768}}};
  }
};

// How an engine's port moves; the rewriting itself is the admission policy's.
struct PortSwapStatus {
  std::string container;
  std::uint16_t from = 0;
  std::uint16_t to = 0;
  std::uint16_t bind = 0;
  std::string flag;
  std::string env;

  bool operator==(const PortSwapStatus&) const = default;

  static constexpr auto fields() {
    using T = PortSwapStatus;
    return std::tuple{
        json::Field{"container",
                    &T::container,
                    {.about = "The engine's container; empty: the one that declares `from`, or the "
                              "only one.",
                     .required = true,
                     .length_min = 0,
                     .length_max = 63}},
        json::Field{
            "from",
            &T::from,
            {.about = "The engine's port as written.", .required = true, .min = 1, .max = 65'535}},
        json::Field{"to",
                    &T::to,
                    {.about = "Where the engine listens instead; `from` where only the name moves.",
                     .required = true,
                     .min = 1,
                     .max = 65'535}},
        json::Field{
            "bind",
            &T::bind,
            {.about = "Where the sidecar listens.", .required = true, .min = 1, .max = 65'535}},
        json::Field{"flag",
                    &T::flag,
                    {.about = "The engine's flag; empty: none is known.",
                     .required = true,
                     .length_min = 0,
                     .length_max = 64}},
        json::Field{"env",
                    &T::env,
                    {.about = "The engine's variable; empty: none is known.",
                     .required = true,
                     .length_min = 0,
                     .length_max = 128}}};
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
  json::Value container;
  json::Value engine_pre_stop;
  std::vector<json::Value> volumes;

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
            {.about = "The pod's least grace period, in seconds.", .min = 0, .max = 86'460}},
        json::Field{"portSwap", &T::port_swap, {.about = "How the engine's port moves."}},
        json::Field{
            "container", &T::container, {.about = "The sidecar's container.", .required = true}},
        json::Field{"enginePreStop",
                    &T::engine_pre_stop,
                    {.about = "The engine's preStop hook, where it has none of its own."}},
        json::Field{"volumes", &T::volumes, {.about = "Volumes of the pod.", .items_max = 16}}};
  }
};

struct PodCountsStatus {
  std::uint32_t selected = 0;
  std::uint32_t injected = 0;
  std::uint32_t programmed = 0;

  bool operator==(const PodCountsStatus&) const = default;

  static constexpr auto fields() {
    using T = PodCountsStatus;
    return std::tuple{
        json::Field{"selected",
                    &T::selected,
                    {.about = "Pods that the policy selects.", .min = 0, .max = 1'000'000}},
        json::Field{
            "injected",
            &T::injected,
            {.about = "Of these, pods that carry the sidecar.", .min = 0, .max = 1'000'000}},
        json::Field{"programmed",
                    &T::programmed,
                    {.about = "Of these, pods whose sidecar runs the current policy.",
                     .min = 0,
                     .max = 1'000'000}}};
  }
};

struct OptimizationPolicyStatus {
  std::int64_t observed_generation = 0;
  std::string hash;
  std::string interception;
  PodCountsStatus pods;
  std::vector<Condition> conditions;
  std::optional<InjectionStatus> injection;

  static constexpr auto fields() {
    using T = OptimizationPolicyStatus;
    return std::tuple{
        json::Field{"observedGeneration",
                    &T::observed_generation,
                    {.about = "The generation that this status speaks of.",
                     .min = 0,
                     .max = kGenerationMax}},
        json::Field{"hash",
                    &T::hash,
                    {.about = "The version of the policy that sidecars are given.",
                     .length_min = 0,
                     .length_max = 64}},
        json::Field{"interception",
                    &T::interception,
                    {.about = "The mode that was chosen.", .length_min = 0, .length_max = 63}},
        json::Field{"pods", &T::pods, {.about = "How many pods it concerns."}},
        json::Field{"conditions",
                    &T::conditions,
                    {.about = "Accepted, ResolvedRefs, Injected, Programmed and Degraded.",
                     .items_max = 16,
                     .unique_by = "type"}},
        json::Field{"injection",
                    &T::injection,
                    {.about = "What admission stamps onto new pods. The right to write it is the "
                              "right to run any container in the namespace.",
                     .atomic = true}}};
  }
};

// Of a CacheTier or RoutingTable.
struct ReferencedStatus {
  std::int64_t observed_generation = 0;
  std::uint32_t policies = 0;
  std::vector<Condition> conditions;

  static constexpr auto fields() {
    using T = ReferencedStatus;
    return std::tuple{
        json::Field{"observedGeneration",
                    &T::observed_generation,
                    {.about = "The generation that this status speaks of.",
                     .min = 0,
                     .max = kGenerationMax}},
        json::Field{"policies",
                    &T::policies,
                    {.about = "Policies that refer to it.", .min = 0, .max = 1'000'000}},
        json::Field{"conditions",
                    &T::conditions,
                    {.about = "Accepted.", .items_max = 16, .unique_by = "type"}}};
  }
};

}  // namespace penstock::api
