#include "sidecar/stages/embeddings.h"

#include <algorithm>

#include "sidecar/request/worker_services.h"

namespace penstock::stages {
namespace {

using pipeline::Verdict;

std::chrono::seconds whole_seconds(clock::Instant::duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time);
}

// What the merged answer will take, if the missing elements are as long as the found ones.
std::size_t expected_bytes(const request::EmbeddingPlan& plan) {
  std::size_t found = 0;
  for (const std::string_view element : plan.elements) {
    found += element.size();
  }
  const std::size_t known = plan.keys.size() - plan.missing.size();
  return known == 0 ? 0 : found / known * plan.keys.size();
}

void answer_from(request::CallerContext& caller, const request::EmbeddingPlan& plan) {
  const domain::EntryPtr& first = plan.found.front();
  domain::Instant oldest = first->stored_at;
  domain::Instant expires = first->expires_at;
  for (const domain::EntryPtr& entry : plan.found) {
    oldest = std::min(oldest, entry->stored_at);
    expires = std::min(expires, entry->expires_at);
  }
  caller.answer = std::make_unique<request::Answer>();
  caller.answer->entry = first;
  caller.answer->head = first->head;
  caller.answer->owned_body = dialect::embeddings_from_cache(first->model, plan.elements);
  const clock::Instant now = caller.worker.clock.now();
  caller.cache_status = domain::CacheStatus{.outcome = domain::CacheStatus::Outcome::kHit,
                                            .ttl = whole_seconds(expires - now)};
  caller.age = whole_seconds(now - oldest);
  caller.cache_state = request::CacheState::kHit;
}

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

domain::EntryPtr EmbeddingsStage::find(const request::CallerContext& caller,
                                       const digest::Hash128& key) const {
  const clock::Instant now = caller.worker.clock.now();
  const auto& age_max = caller.cache->control.max_age;
  for (const auto& tier : tiers_) {
    domain::EntryPtr entry = tier->find_canonical(key, now);
    if (entry != nullptr && (!age_max || now - entry->stored_at <= *age_max)) {
      return entry;
    }
  }
  return nullptr;
}

void EmbeddingsStage::look_up(const request::CallerContext& caller,
                              request::EmbeddingPlan& plan) const {
  plan.missing.clear();
  for (std::size_t i = 0; i < plan.keys.size(); ++i) {
    domain::EntryPtr entry = find(caller, plan.keys[i]);
    const auto answer =
        entry == nullptr ? std::nullopt : dialect::read_embeddings_answer(entry->body, 1);
    if (!answer) {
      plan.missing.push_back(i);
      continue;
    }
    plan.elements[i] = answer->elements.front();
    plan.saved_tokens += entry->usage.input_total();
    plan.saved_cost += entry->cost_picodollars.value_or(0);
    plan.found[i] = std::move(entry);
  }
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
  if (!cache.control.no_cache) {
    look_up(caller, *plan);
  }
  caller.timing.cache =
      std::chrono::duration_cast<request::Micros>(caller.worker.clock.now() - caller.started);
  if (expected_bytes(*plan) > request::EmbeddingPlan::kAnswerBytesMax / 2) {
    plan->forget_found();  // half, because the missing ones may be longer
  }
  if (plan->missing.empty()) {
    answer_from(caller, *plan);
    caller.embeddings = std::move(plan);
    return Verdict::kRespond;
  }
  if (cache.control.only_if_cached) {
    return refuse_uncached(caller);
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
