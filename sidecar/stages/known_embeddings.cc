#include "sidecar/stages/known_embeddings.h"

#include <algorithm>
#include <chrono>

#include "sidecar/dialect/embeddings.h"
#include "sidecar/request/worker_services.h"

namespace penstock::stages {
namespace {

std::chrono::seconds whole_seconds(clock::Instant::duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time);
}

// What the merged answer will take, if the missing elements are as long as the found ones.
std::size_t expected_bytes(const request::EmbeddingPlan& plan) {
  const std::size_t known = plan.keys.size() - plan.missing.size();
  return known == 0 ? 0 : plan.found_bytes() / known * plan.keys.size();
}

}  // namespace

domain::EntryPtr find_input(const digest::Hash128& key, const Tiers& tiers, Find find,
                            const request::CallerContext& caller) {
  const clock::Instant now = caller.worker.clock.now();
  const auto& age_max = caller.cache->control.max_age;
  for (const auto& tier : tiers) {
    domain::EntryPtr entry = (*tier.*find)(key, now);
    if (entry != nullptr && (!age_max || now - entry->stored_at <= *age_max)) {
      return entry;
    }
  }
  return nullptr;
}

bool look_up(request::EmbeddingPlan& plan, const Tiers& tiers,
             const request::CallerContext& caller) {
  plan.missing.clear();
  for (std::size_t i = 0; i < plan.keys.size(); ++i) {
    domain::EntryPtr entry = find_input(plan.keys[i], tiers, &ports::CacheTier::peek, caller);
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
  if (expected_bytes(plan) > request::EmbeddingPlan::kAnswerBytesMax / 2) {
    plan.forget_found();  // half, because the missing ones may be longer
    return false;
  }
  return true;
}

void count_look_up(const request::EmbeddingPlan& plan, const Tiers& tiers, Find find,
                   const request::CallerContext& caller) {
  for (const digest::Hash128& key : plan.keys) {
    static_cast<void>(find_input(key, tiers, find, caller));
  }
}

void answer_from(const request::EmbeddingPlan& plan, request::CallerContext& caller) {
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

}  // namespace penstock::stages
