#include "sidecar/stages/cache.h"

#include <algorithm>
#include <charconv>

#include "sidecar/dialect/key_fields.h"
#include "sidecar/domain/cache_control.h"
#include "sidecar/domain/route_match.h"
#include "sidecar/request/worker_services.h"
#include "sidecar/stages/cache_rules.h"
#include "sidecar/stages/header_values.h"
#include "sidecar/stages/stored_answer.h"

namespace penstock::stages {
namespace {

constexpr std::string_view kSharedTenant = "*";
constexpr std::string_view kAnonymousTenant = "-";

domain::RequestCacheControl cache_control_of(const http1::RequestHead& head) {
  domain::RequestCacheControl control;
  if (head.has(http1::HeaderId::kCacheControl)) {
    for (const http1::HeaderField& field : head.fields) {
      if (field.id == http1::HeaderId::kCacheControl) {
        control.add(field.value);
      }
    }
  }
  return control;
}

// The tenant as a number, for clearing its entries: the beginning of its name, which is a hash in
// hex.
std::uint64_t tenant_hash(std::string_view tenant) {
  std::uint64_t hash = 0;
  std::from_chars(tenant.data(), tenant.data() + std::min<std::size_t>(tenant.size(), 16), hash,
                  16);
  return hash;
}

// What tells callers apart for a backend that gets their own credentials.
std::uint64_t identity_at_backends(const request::CallerContext& caller) {
  return caller.peer.known == nullptr ? 0 : caller.peer.known->upstream_identity;
}

bool any_backend(const resolve::Route& route, auto matches) {
  return std::ranges::any_of(route.backends, [&](const resolve::WeightedBackend& weighted) {
    return matches(weighted.backend);
  });
}

// A client's limit on an entry's age.
bool too_old(const domain::CacheEntry& entry, const domain::RequestCacheControl& control,
             clock::Instant now) {
  return control.max_age && now - entry.stored_at > *control.max_age;
}

}  // namespace

CacheStage::CacheStage(const resolve::ResolvedPolicy& policy, Tiers tiers,
                       const domain::KeyHasher& hasher, const BackendBoard& board)
    : settings_(*policy.caching),
      tiers_(std::move(tiers)),
      hasher_(hasher),
      board_(board),
      rules_(rules_of(policy)) {
  key_headers_.assign(dialect::key_fields::kHeaders.begin(), dialect::key_fields::kHeaders.end());
  key_headers_.insert(key_headers_.end(), settings_.key_headers.begin(),
                      settings_.key_headers.end());
  raw_key_headers_ = key_headers_;
  // Else a tenant is whoever has its credential.
  const bool tenants_hold_several =
      settings_.share_across_tenants || !settings_.tenant_header.empty();
  for (const resolve::Route& route : policy.routes) {
    const auto lends_no_credential = [&policy](std::uint32_t backend) {
      return !policy.backends[backend].credentials.has_value();
    };
    routes_.push_back(
        {.target = target_of(policy, route),
         .parts_callers = tenants_hold_several && any_backend(route, lends_no_credential)});
    for (const auto& [name, value] : route.headers) {
      if (std::ranges::find(raw_key_headers_, name) == raw_key_headers_.end()) {
        raw_key_headers_.push_back(name);
      }
    }
  }
}

// What the head alone tells.
std::optional<domain::BypassReason> CacheStage::refusal(
    const request::CallerContext& caller) const {
  if (caller.bypass) {
    return caller.bypass;
  }
  if (caller.text->head.upgrade_websocket) {
    return domain::BypassReason::kUpgrade;
  }
  if (!domain::is_model_call(caller.endpoint.operation)) {
    return domain::BypassReason::kNotModelCall;
  }
  if (caller.endpoint.operation == domain::Operation::kCountTokens) {
    return domain::BypassReason::kUncachedOperation;
  }
  const bool shared = settings_.anonymous == resolve::AnonymousTenant::kShare;
  if (caller.tenant.empty() && !shared) {
    return domain::BypassReason::kNoTenant;
  }
  return std::nullopt;
}

pipeline::Verdict CacheStage::bypass(request::CallerContext& caller,
                                     const domain::RequestCacheControl& control,
                                     domain::BypassReason reason) const {
  if (control.only_if_cached && domain::is_model_call(caller.endpoint.operation)) {
    return not_cached(caller);
  }
  caller.bypass = reason;
  caller.cache_state = request::CacheState::kBypass;
  caller.cache_status =
      domain::CacheStatus{.outcome = domain::CacheStatus::Outcome::kBypass, .bypass = reason};
  return pipeline::Verdict::kContinue;
}

pipeline::Verdict CacheStage::not_cached(request::CallerContext& caller) {
  caller.refuse(ErrorCode::kNotCached, "The answer is not in the cache.");
  return pipeline::Verdict::kRespond;
}

void CacheStage::build_scope(const request::CallerContext& caller, std::string_view backend,
                             const std::vector<std::string>& headers) {
  const http1::RequestHead& head = caller.text->head;
  header_values_.clear();
  for (const std::string& name : headers) {
    for_each_value(head, name,
                   [&](std::string_view value) { header_values_.push_back({name, value}); });
  }
  domain::KeyScope scope;
  scope.tenant = settings_.share_across_tenants
                     ? kSharedTenant
                     : (caller.tenant.empty() ? kAnonymousTenant : caller.tenant);
  scope.target = head.path;
  scope.backend = backend;
  scope.headers = header_values_;
  scope_.clear();
  scope.append_to(scope_);
}

// Whether a stream that another caller asked for may lack the usage that this one wants to see.
bool CacheStage::needs_own_usage(const request::CallerContext& caller) const {
  const resolve::ResolvedPolicy& policy = *caller.policy;
  return caller.traits.wants_usage &&
         any_backend(policy.routes[caller.route], [&](std::uint32_t backend) {
           return !asks_for_usage(policy, backend, board_);
         });
}

CacheStage::Found CacheStage::find_raw(request::CallerContext& caller,
                                       const domain::RequestCacheControl& control,
                                       const digest::Hash128& raw) {
  const domain::RequestBytes request{scope_, caller.text->body()};
  for (const auto& tier : tiers_) {
    ports::CacheTier::RawHit hit = tier->find_raw(raw, request, caller.started);
    if (hit.entry == nullptr) {
      continue;
    }
    caller.traits = *hit.traits;
    caller.traits_known = true;
    if (too_old(*hit.entry, control, caller.started)) {
      return {.stale = true};
    }
    return {.entry = std::move(hit.entry)};
  }
  return {};
}

CacheStage::Found CacheStage::find_canonical(request::CallerContext& caller,
                                             const domain::RequestCacheControl& control) {
  request::CachePlan& plan = *caller.cache;
  for (const auto& tier : tiers_) {
    auto entry = tier->find_canonical(plan.canonical, caller.started);
    if (entry == nullptr) {
      continue;
    }
    if (too_old(*entry, control, caller.started)) {
      return {.stale = true};
    }
    const domain::RequestBytes request{plan.raw_scope, caller.text->body()};
    tier->alias(plan.raw, plan.canonical, request, caller.traits);
    return {.entry = std::move(entry)};
  }
  return {};
}

// Reads the request, and leaves in the context what its flight and the storing of its answer need.
// `scope_` is the raw key's.
std::optional<domain::BypassReason> CacheStage::plan(request::CallerContext& caller,
                                                     const digest::Hash128& raw) {
  auto keyed =
      caller.worker.keyer.key(caller.endpoint.operation, caller.text->body(), settings_.sampled);
  if (keyed.facts) {
    caller.learn(std::move(*keyed.facts));
  }
  if (keyed.refused) {
    return keyed.refused;
  }
  caller.route = match_route(*caller.policy, caller.traits.model, caller.text->head);
  caller.cache = std::make_unique<request::CachePlan>();
  request::CachePlan& plan = *caller.cache;
  plan.raw = raw;
  plan.raw_scope = scope_;
  const RouteKey& route = routes_[caller.route];
  build_scope(caller, route.target, key_headers_);
  if (caller.endpoint.operation == domain::Operation::kEmbeddings) {
    plan.scope = scope_;
  }
  plan.canonical = hasher_.canonical_key(scope_, keyed.canonical);
  plan.streams = caller.traits.stream;
  plan.tenant_hash = tenant_hash(caller.tenant);
  // One caller's refusal by the backend is nobody else's, and who asked for usage gets it.
  plan.apart =
      (route.parts_callers ? identity_at_backends(caller) : 0) + (needs_own_usage(caller) ? 1 : 0);
  return std::nullopt;
}

bool CacheStage::answers(request::CallerContext& caller, const Found& found) const {
  if (found.entry == nullptr) {
    return false;
  }
  end_lookup(caller);
  return answer_from(found.entry, settings_, caller);
}

void CacheStage::end_lookup(request::CallerContext& caller) {
  caller.timing.cache = std::chrono::duration_cast<std::chrono::microseconds>(
      caller.worker.clock.now() - caller.started);
}

pipeline::Verdict CacheStage::on_request(request::CallerContext& caller) noexcept {
  const domain::RequestCacheControl control = cache_control_of(caller.text->head);
  if (const auto reason = refusal(caller)) {
    return bypass(caller, control, *reason);
  }
  if (control.no_store) {
    return bypass(caller, control, domain::BypassReason::kClientNoStore);
  }
  build_scope(caller, rules_, raw_key_headers_);
  const digest::Hash128 raw = hasher_.raw_key({scope_, caller.text->body()});
  Found found = control.no_cache ? Found{} : find_raw(caller, control, raw);
  if (answers(caller, found)) {
    return pipeline::Verdict::kRespond;
  }
  if (const auto reason = plan(caller, raw)) {
    end_lookup(caller);
    return bypass(caller, control, *reason);
  }
  // What is too old for this client, or cannot be told in its form, is looked up no further: its
  // new answer takes the place.
  if (!control.no_cache && !found.stale && found.entry == nullptr) {
    found = find_canonical(caller, control);
    if (answers(caller, found)) {
      return pipeline::Verdict::kRespond;
    }
  }
  end_lookup(caller);
  return miss(caller, control, found);
}

pipeline::Verdict CacheStage::miss(request::CallerContext& caller,
                                   const domain::RequestCacheControl& control, const Found& found) {
  // Embeddings may still be known input by input: EmbeddingsStage decides.
  const bool by_input = caller.endpoint.operation == domain::Operation::kEmbeddings;
  if (control.only_if_cached && !by_input) {
    return not_cached(caller);
  }
  using Outcome = domain::CacheStatus::Outcome;
  caller.cache_state = found.stale ? request::CacheState::kExpired : request::CacheState::kMiss;
  caller.cache_status = domain::CacheStatus{.outcome = control.no_cache ? Outcome::kRequest
                                                       : found.stale    ? Outcome::kStale
                                                                        : Outcome::kMiss};
  caller.cache->control = control;
  caller.cache->joins = !control.no_cache && !found.stale;
  caller.cache->may_appear = found.entry == nullptr;
  return pipeline::Verdict::kContinue;
}

}  // namespace penstock::stages
