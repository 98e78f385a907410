#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/api/injection_status.h"
#include "lib/api/interception_spec.h"
#include "lib/api/policy_binding.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// What the containers of a client's pod are told of their model APIs, and what they will be told.
struct ClientShape {
  api::EnvironmentStatus environment;
  api::ProvidersSpec providers;  // the base URLs that its calls went to so far

  bool operator==(const ClientShape&) const = default;
};

struct ClientFinding {
  std::optional<ClientShape> shape;
  std::string reason;   // CamelCase, why there is none
  std::string problem;  // what to do, for a person
};

// Whether a container has a variable that only clients of model APIs have.
bool looks_like_client(const PodTemplate& pods);

// Reads the base URLs of the OpenAI and Anthropic SDKs (OPENAI_BASE_URL, OPENAI_API_BASE,
// ANTHROPIC_BASE_URL); where they are absent it is the providers' own hosts. `port`: the sidecar's.
// Of all containers, also of those that run before the others.
ClientFinding read_client(const PodTemplate& pods, const api::EnvironmentSpec& spec,
                          std::uint16_t port);

}  // namespace penstock::reconcile
