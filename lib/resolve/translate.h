#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "lib/api/optimization_policy.h"
#include "lib/api/policy_binding.h"
#include "lib/api/routing_table.h"
#include "lib/resolve/resolved_policy.h"

// One document's spec to its part of a resolved policy; references are resolve.cc's business.
// REQUIRES: specs without errors give a complete result; others give some result.
namespace penstock::resolve {

// Everything but name, hash, tiers and backends.
void translate_policy(const api::OptimizationPolicySpec& spec, ResolvedPolicy& resolved);

// Where the engine of the same pod is.
struct EngineAddress {
  std::optional<std::uint16_t> port;     // nothing: there is none
  std::span<const std::uint16_t> taken;  // the sidecar's own ports, one of which had been its
};

// Backends, routes and price files. A backend on loopback, at the engine's port or at one that was
// taken from it, is the engine.
void translate_table(const api::RoutingTableSpec& spec, const EngineAddress& engine,
                     ResolvedPolicy& resolved);

// One backend and one route: the engine beside an injected sidecar.
void add_engine(std::uint16_t port, ResolvedPolicy& resolved);

// Two backends, told apart by what clients of their SDKs send: in a client's pod.
void add_providers(const api::ProvidersSpec& spec, ResolvedPolicy& resolved);

}  // namespace penstock::resolve
