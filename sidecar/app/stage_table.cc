#include "sidecar/app/stage_table.h"

#include <array>

#include "sidecar/stages/account.h"
#include "sidecar/stages/cache.h"
#include "sidecar/stages/coalesce.h"
#include "sidecar/stages/embeddings.h"
#include "sidecar/stages/identity.h"
#include "sidecar/stages/proof.h"
#include "sidecar/stages/route.h"
#include "sidecar/stages/store.h"
#include "sidecar/stages/usage.h"

namespace penstock::app {
namespace {

template <class Stage>
struct Entry {
  std::string_view name;
  bool (*enabled)(const resolve::ResolvedPolicy& policy);
  std::unique_ptr<Stage> (*make)(const StageDeps& deps);
};
using CallerEntry = Entry<pipeline::CallerStage>;
using CallEntry = Entry<pipeline::CallStage>;

bool always(const resolve::ResolvedPolicy& /*policy*/) {
  return true;
}

bool delivered(const resolve::ResolvedPolicy& policy) {
  return policy.delivered;
}

bool identifies(const resolve::ResolvedPolicy& policy) {
  return policy.listener.client_keys.has_value() || policy.caching.has_value();
}

bool caches(const resolve::ResolvedPolicy& policy) {
  return policy.mode == resolve::Mode::kEnforce && policy.caching.has_value();
}

bool coalesces(const resolve::ResolvedPolicy& policy) {
  return caches(policy) && policy.caching->coalescing;
}

bool enforced(const resolve::ResolvedPolicy& policy) {
  return policy.mode == resolve::Mode::kEnforce;
}

std::unique_ptr<pipeline::CallerStage> make_proof(const StageDeps& /*deps*/) {
  return std::make_unique<stages::ProofStage>();
}

std::unique_ptr<pipeline::CallerStage> make_account(const StageDeps& deps) {
  return std::make_unique<stages::AccountStage>(deps.policy().observability.access_log_sampling);
}

std::unique_ptr<pipeline::CallerStage> make_identity(const StageDeps& deps) {
  stages::IdentityStage::Settings settings;
  settings.client_keys = deps.active.client_keys;
  settings.checks_keys = deps.policy().listener.client_keys.has_value();
  settings.tenant_header = deps.policy().caching ? deps.policy().caching->tenant_header : "";
  return std::make_unique<stages::IdentityStage>(std::move(settings), deps.tenant_key);
}

std::unique_ptr<pipeline::CallerStage> make_cache(const StageDeps& deps) {
  return std::make_unique<stages::CacheStage>(deps.policy(), deps.active.tiers, deps.hasher,
                                              *deps.active.backend_board);
}

std::unique_ptr<pipeline::CallerStage> make_embeddings(const StageDeps& deps) {
  return std::make_unique<stages::EmbeddingsStage>(deps.active.tiers, deps.hasher);
}

std::unique_ptr<pipeline::CallerStage> make_coalesce(const StageDeps& deps) {
  return std::make_unique<stages::CoalesceStage>(*deps.policy().caching, deps.active.tiers);
}

std::unique_ptr<pipeline::CallStage> make_store(const StageDeps& deps) {
  return std::make_unique<stages::StoreStage>(deps.policy(), deps.active.tiers, deps.hasher);
}

std::unique_ptr<pipeline::CallStage> make_route(const StageDeps& deps) {
  return std::make_unique<stages::RouteStage>(deps.policy(), deps.now, *deps.active.backend_board);
}

std::unique_ptr<pipeline::CallStage> make_usage(const StageDeps& deps) {
  return std::make_unique<stages::UsageStage>(*deps.active.prices, *deps.active.backend_board);
}

// The only lists of stages. Requests run top to bottom, completion bottom to top.
constexpr std::array kCallerStages = {
    CallerEntry{"proof", &delivered, &make_proof},
    CallerEntry{"account", &always, &make_account},
    CallerEntry{"identity", &identifies, &make_identity},
    CallerEntry{"cache", &caches, &make_cache},
    CallerEntry{"embeddings", &caches, &make_embeddings},
    CallerEntry{"coalesce", &coalesces, &make_coalesce},
};
constexpr std::array kCallStages = {
    CallEntry{"route", &always, &make_route},
    CallEntry{"store", &caches, &make_store},
    CallEntry{"usage", &enforced, &make_usage},
};

template <class Stage, std::size_t kCount>
std::vector<std::unique_ptr<Stage>> make_enabled(const std::array<Entry<Stage>, kCount>& table,
                                                 const StageDeps& deps) {
  std::vector<std::unique_ptr<Stage>> stages;
  for (const Entry<Stage>& entry : table) {
    if (entry.enabled(deps.policy())) {
      stages.push_back(entry.make(deps));
    }
  }
  return stages;
}

template <class Stage, std::size_t kCount>
std::vector<std::string_view> names_of(const std::array<Entry<Stage>, kCount>& table) {
  std::vector<std::string_view> names;
  for (const Entry<Stage>& entry : table) {
    names.push_back(entry.name);
  }
  return names;
}

}  // namespace

pipeline::CallerChain make_caller_chain(const StageDeps& deps) {
  return pipeline::CallerChain(make_enabled(kCallerStages, deps));
}

pipeline::CallChain make_call_chain(const StageDeps& deps) {
  return pipeline::CallChain(make_enabled(kCallStages, deps));
}

std::vector<std::string_view> caller_stage_names() {
  return names_of(kCallerStages);
}

std::vector<std::string_view> call_stage_names() {
  return names_of(kCallStages);
}

}  // namespace penstock::app
