#include "sidecar/stages/cache.h"

#include <algorithm>
#include <charconv>

#include "sidecar/dialect/key_fields.h"
#include "sidecar/domain/cache_control.h"
#include "sidecar/domain/route_match.h"
#include "sidecar/request/worker_services.h"
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

// Where the call would go: the backends of its route. Their order and names are the policy's.
std::string_view route_name(const resolve::ResolvedPolicy& policy, std::size_t route) {
  const resolve::Route& chosen = policy.routes[route];
  return chosen.backends.empty() ? std::string_view{}
                                 : policy.backends[chosen.backends.front().backend].name;
}

}  // namespace

CacheStage::CacheStage(const resolve::ResolvedPolicy& policy, Tiers tiers,
                       const domain::KeyHasher& hasher)
    : settings_(*policy.caching), tiers_(std::move(tiers)), hasher_(hasher) {
  key_headers_.assign(dialect::key_fields::kHeaders.begin(), dialect::key_fields::kHeaders.end());
  key_headers_.insert(key_headers_.end(), settings_.key_headers.begin(),
                      settings_.key_headers.end());
}

std::optional<domain::BypassReason> CacheStage::refusal(
    const request::CallerContext& caller) const {
  if (caller.bypass) {
    return caller.bypass;
  }
  if (!domain::is_model_call(caller.endpoint.operation)) {
    return domain::BypassReason::kNotModelCall;
  }
  if (caller.endpoint.operation == domain::Operation::kCountTokens) {
    return domain::BypassReason::kUncachedOperation;
  }
  if (!caller.facts.ok) {
    return domain::BypassReason::kUnparsable;
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
  caller.record.cache = request::CacheState::kBypass;
  caller.record.bypass_reason = domain::label(reason);
  caller.cache_status =
      domain::CacheStatus{.outcome = domain::CacheStatus::Outcome::kBypass, .bypass = reason};
  return pipeline::Verdict::kContinue;
}

pipeline::Verdict CacheStage::not_cached(request::CallerContext& caller) {
  caller.refuse(ErrorCode::kNotCached, "The answer is not in the cache.");
  return pipeline::Verdict::kRespond;
}

void CacheStage::build_scope(const request::CallerContext& caller) {
  header_values_.clear();
  for (const std::string& name : key_headers_) {
    for_each_value(caller.text.head, name,
                   [&](std::string_view value) { header_values_.push_back({name, value}); });
  }
  domain::KeyScope scope;
  scope.tenant = settings_.share_across_tenants
                     ? kSharedTenant
                     : (caller.tenant.empty() ? kAnonymousTenant : std::string_view(caller.tenant));
  scope.target = caller.text.head.path;
  scope.backend = route_name(*caller.policy, caller.route);
  scope.headers = header_values_;
  scope_.clear();
  scope.append_to(scope_);
}

CacheStage::Found CacheStage::look_up(request::CallerContext& caller,
                                      const domain::RequestCacheControl& control) {
  const clock::Instant now = caller.worker.clock.now();
  // What is too old for this client is looked up no further: its new answer takes the place.
  const auto too_old = [&control, now](const domain::EntryPtr& entry) {
    return control.max_age && now - entry->stored_at > *control.max_age;
  };
  bool reads = !control.no_cache;
  bool stale = false;
  const domain::RequestBytes request{scope_, caller.text.body()};
  const digest::Hash128 raw = hasher_.raw_key(request);
  refused_.reset();
  if (reads) {
    for (const auto& tier : tiers_) {
      auto entry = tier->find_raw(raw, request, now);
      stale = entry != nullptr && too_old(entry);
      if (stale) {
        reads = false;
        break;
      }
      if (entry != nullptr) {
        return {std::move(entry)};
      }
    }
  }
  const auto keyed =
      caller.worker.keyer.key(caller.endpoint.operation, caller.text.body(), settings_.sampled);
  if (keyed.refused) {
    refused_ = keyed.refused;
    return {};
  }
  caller.cache.cacheable = true;
  caller.cache.raw = raw;
  caller.cache.canonical = hasher_.canonical_key(scope_, keyed.canonical);
  caller.cache.scope = scope_;
  caller.cache.streams = caller.facts.stream;
  caller.cache.tenant_hash = tenant_hash(caller.tenant);
  if (reads) {
    for (const auto& tier : tiers_) {
      auto entry = tier->find_canonical(caller.cache.canonical, now);
      stale = entry != nullptr && too_old(entry);
      if (stale) {
        break;
      }
      if (entry != nullptr) {
        tier->alias(raw, caller.cache.canonical, request);
        return {std::move(entry)};
      }
    }
  }
  return {nullptr, stale};
}

pipeline::Verdict CacheStage::on_request(request::CallerContext& caller) noexcept {
  const domain::RequestCacheControl control = cache_control_of(caller.text.head);
  if (const auto reason = refusal(caller)) {
    return bypass(caller, control, *reason);
  }
  if (control.no_store) {
    return bypass(caller, control, domain::BypassReason::kClientNoStore);
  }
  caller.cache.control = control;
  caller.route = match_route(*caller.policy, caller.facts.model, caller.text.head);
  build_scope(caller);
  const Found found = look_up(caller, control);
  const clock::Instant now = caller.worker.clock.now();
  caller.record.timing.cache =
      std::chrono::duration_cast<std::chrono::microseconds>(now - caller.started);
  if (refused_) {
    return bypass(caller, control, *refused_);
  }
  if (found.entry != nullptr && answer_from(found.entry, settings_, caller)) {
    return pipeline::Verdict::kRespond;
  }
  // Embeddings may still be known input by input: EmbeddingsStage decides.
  const bool by_input = caller.endpoint.operation == domain::Operation::kEmbeddings;
  if (control.only_if_cached && !by_input) {
    return not_cached(caller);
  }
  using Outcome = domain::CacheStatus::Outcome;
  caller.record.cache = found.stale ? request::CacheState::kExpired : request::CacheState::kMiss;
  caller.cache_status = domain::CacheStatus{.outcome = control.no_cache ? Outcome::kRequest
                                                       : found.stale    ? Outcome::kStale
                                                                        : Outcome::kMiss};
  caller.cache.joins = !control.no_cache && !found.stale;
  caller.cache.may_appear = found.entry == nullptr;
  return pipeline::Verdict::kContinue;
}

}  // namespace penstock::stages
