#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/policy_binding.h"
#include "lib/api/resources.h"
#include "lib/resolve/resolved_policy.h"

// Resources to the one policy a sidecar runs. Pure: no files, no clock, no sockets.
namespace penstock::resolve {

using api::PassThrough;

using ResolveResult = std::expected<ResolvedPolicy, std::vector<api::ResourceError>>;

// Chooses the policy (`policy`, else the one that the PolicyBinding names, else the only one),
// follows its references and fills in every default. `own` is what the pod was made with: it goes
// before what a binding of all the policy's pods says, and is no part of the hash. `listening`: the
// sidecar's own ports; in front of an engine, a backend on loopback at one of them is that engine,
// which had the port before. The errors are those of `resources` and those found on the way; there
// is at least one.
ResolveResult resolve(const api::Resources& resources,
                      const std::optional<api::ObjectName>& policy = std::nullopt,
                      const std::optional<PassThrough>& own = std::nullopt,
                      std::span<const std::uint16_t> listening = {});

// What `--upstream URL [--cache SIZE]` stands for, as resources: a RoutingTable with one backend
// (Anthropic for *.anthropic.com, else OpenAI), a policy and, with a size, a memory tier whose
// answers are shared by all callers without a credential. A URL that is wrong gives a text that
// does not resolve.
std::string upstream_as_yaml(std::string_view url,
                             std::optional<std::uint64_t> cache_bytes = std::nullopt);

// resolve() of that text; an error's document is then "--upstream" or "--cache".
ResolveResult for_upstream(std::string_view url,
                           std::optional<std::uint64_t> cache_bytes = std::nullopt);

// A policy that changes nothing. REQUIRES: an engine's port or providers.
ResolveResult for_pass_through(const PassThrough& to);

// Whether clients can spend credentials that are not theirs: a backend with credentials of its own
// behind a listener that is not loopback needs client keys, required client certificates, or
// allowAnonymous. nullopt: fine. Else what to change, for a person.
std::optional<std::string> check_exposure(const ResolvedPolicy& policy, bool loopback_listener);

}  // namespace penstock::resolve
