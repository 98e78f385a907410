#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "lib/api/enums.h"
#include "lib/api/formats.h"
#include "lib/api/listener_spec.h"
#include "lib/json/field.h"

// spec.interception of an OptimizationPolicy: how the sidecar gets between a pod's clients and its
// engine. Read by the operator only.
namespace penstock::api {

// Where the engine takes its port from, for engines that the operator does not know.
struct EngineSpec {
  std::optional<std::string> container;
  std::optional<std::uint16_t> port;
  std::optional<std::string> flag;
  std::optional<std::string> env;

  bool operator==(const EngineSpec&) const = default;

  static constexpr auto fields() {
    using T = EngineSpec;
    return std::tuple{
        json::Field{"container",
                    &T::container,
                    {.about = "The engine's container; the one that declares the port, or the only "
                              "one, where absent.",
                     .format = &kDnsLabel}},
        json::Field{"port",
                    &T::port,
                    {.about = "The port that Services send to; read from the pods where absent.",
                     .min = 1,
                     .max = 65'535}},
        json::Field{"flag",
                    &T::flag,
                    {.about = "The flag that sets the engine's port, such as --port; known for "
                              "common engines.",
                     .format = &kFlag}},
        json::Field{"env",
                    &T::env,
                    {.about = "The environment variable that sets the engine's port, such as PORT.",
                     .format = &kVariable}}};
  }
};

// How clients are told where their model APIs are.
struct EnvironmentSpec {
  bool override_all = false;

  static constexpr auto fields() {
    return std::tuple{
        json::Field{"override",
                    &EnvironmentSpec::override_all,
                    {.about = "Sets the variables also where they come from envFrom or valueFrom, "
                              "which cannot be read: calls then go to the providers' own hosts, or "
                              "where the RoutingTable says."}}};
  }
};

struct InterceptionSpec {
  InterceptionMode mode = InterceptionMode::kAuto;
  Rollout rollout = Rollout::kManual;
  EngineSpec engine;
  EnvironmentSpec environment;
  std::chrono::milliseconds grace{90'000};

  static constexpr auto fields() {
    using T = InterceptionSpec;
    return std::tuple{
        json::Field{
            "mode",
            &T::mode,
            {.about = "PortSwap: the sidecar takes the engine's port and the engine moves. "
                      "NamedPort: the sidecar takes the port's name. Redirect: rules of the "
                      "pod's own lead the port to it, set by an init container with "
                      "NET_ADMIN. Environment: the pods "
                      "are clients, and their base URLs name the sidecar. Auto: whichever "
                      "the pods and their Services allow."}},
        json::Field{"rollout",
                    &T::rollout,
                    {.about = "Pods that run without the sidecar, or with an older one, stay as "
                              "they are until somebody restarts them (Manual), or are evicted one "
                              "at a time, within disruption budgets (Restart)."}},
        json::Field{"engine", &T::engine, {.about = "How the engine is told its port."}},
        json::Field{"environment",
                    &T::environment,
                    {.about = "Environment: how clients are told where their model APIs are."}},
        json::Field{"grace",
                    &T::grace,
                    {.about = "How long streams may go on after their pod's deletion; the pod's "
                              "own grace period is raised to it, and is what holds where it is "
                              "longer.",
                     .min = 1'000,
                     .max = kDayMs}}};
  }
};

}  // namespace penstock::api
