#pragma once

#include <cstdint>
#include <optional>

#include "lib/api/optimization_policy.h"
#include "lib/api/policy_binding.h"
#include "lib/api/routing_table.h"
#include "lib/resolve/resolved_policy.h"

// One document's spec to its part of a resolved policy; references are resolve.cc's business.
// REQUIRES: specs without errors give a complete result; others give some result.
namespace penstock::resolve {

// Everything but name, hash, tiers and backends.
void translate_policy(const api::OptimizationPolicySpec& spec, ResolvedPolicy& resolved);

// Backends, routes and price files. A plain http backend on loopback at `engine_port` is the
// engine of the same pod.
void translate_table(const api::RoutingTableSpec& spec, std::optional<std::uint16_t> engine_port,
                     ResolvedPolicy& resolved);

// One backend and one route: the engine beside an injected sidecar.
void add_engine(std::uint16_t port, ResolvedPolicy& resolved);

// Two backends, told apart by what clients of their SDKs send: in a client's pod.
void add_providers(const api::ProvidersSpec& spec, ResolvedPolicy& resolved);

}  // namespace penstock::resolve
