#include "sidecar/stages/embeddings.h"

#include "sidecar/request/worker_services.h"
#include "sidecar/stages/known_embeddings.h"

namespace penstock::stages {
namespace {

using pipeline::Verdict;

Verdict refuse_uncached(request::CallerContext& caller) {
  caller.refuse(ErrorCode::kNotCached, "The answer is not in the cache.");
  return Verdict::kRespond;
}

}  // namespace

EmbeddingsStage::EmbeddingsStage(Tiers tiers, const domain::KeyHasher& hasher)
    : tiers_(std::move(tiers)), hasher_(hasher) {}

// False: not a batch whose inputs can be told apart.
bool EmbeddingsStage::read_keys(const request::CallerContext& caller,
                                request::EmbeddingPlan& plan) {
  if (!request_.read(caller.text->body()) || request_.size() < 2) {
    return false;
  }
  plan.keys.reserve(request_.size());
  for (std::size_t i = 0; i < request_.size(); ++i) {
    const auto canonical = request_.key_of(i);
    if (!canonical) {
      return false;
    }
    plan.keys.push_back(hasher_.canonical_key(caller.cache->scope, *canonical));
  }
  plan.forget_found();
  return true;
}

Verdict EmbeddingsStage::on_request(request::CallerContext& caller) noexcept {
  if (caller.endpoint.operation != domain::Operation::kEmbeddings || caller.cache == nullptr) {
    return Verdict::kContinue;
  }
  const request::CachePlan& cache = *caller.cache;
  auto plan = std::make_shared<request::EmbeddingPlan>();
  if (!read_keys(caller, *plan)) {
    return cache.control.only_if_cached ? refuse_uncached(caller) : Verdict::kContinue;
  }
  bool looked_up = false;
  if (!cache.control.no_cache) {
    looked_up = look_up(*plan, tiers_, caller);
    caller.cache->may_appear = caller.cache->may_appear && looked_up;
  }
  caller.timing.cache =
      std::chrono::duration_cast<request::Micros>(caller.worker.clock.now() - caller.started);
  if (!plan->missing.empty() && cache.control.only_if_cached) {
    return refuse_uncached(caller);
  }
  if (looked_up) {
    count_look_up(*plan, tiers_, &ports::CacheTier::find_canonical, caller);
  }
  if (plan->missing.empty()) {
    answer_from(*plan, caller);
    caller.embeddings = std::move(plan);
    return Verdict::kRespond;
  }
  if (plan->partial()) {
    caller.text->own_body(request_.body_with(plan->missing));
    caller.cache->joins = false;
    caller.cache_state = request::CacheState::kPartial;
    caller.cache_status = domain::CacheStatus{.outcome = domain::CacheStatus::Outcome::kPartialHit};
  }
  caller.embeddings = std::move(plan);
  return Verdict::kContinue;
}

}  // namespace penstock::stages
