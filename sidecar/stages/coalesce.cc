#include "sidecar/stages/coalesce.h"

#include <algorithm>

#include "sidecar/request/worker_services.h"
#include "sidecar/stages/known_embeddings.h"
#include "sidecar/stages/stored_answer.h"

namespace penstock::stages {

CoalesceStage::CoalesceStage(const resolve::Caching& settings, Tiers tiers)
    : settings_(settings), tiers_(std::move(tiers)) {
  limits_.retained_bytes_max = settings.entry_bytes_max;
  // Who joined while there was history may read all of it.
  limits_.behind_bytes_max = std::max(limits_.behind_bytes_max, settings.entry_bytes_max);
  limits_.callers_max = settings.followers_max + 1;
}

domain::EntryPtr CoalesceStage::find_again(const request::CallerContext& caller) const {
  if (!caller.cache->may_appear) {
    return nullptr;
  }
  for (const auto& tier : tiers_) {
    if (auto entry = tier->find_again(caller.cache->canonical, caller.started)) {
      return entry;
    }
  }
  return nullptr;
}

// Counted as nothing: a hit is what answers.
bool CoalesceStage::is_there(const digest::Hash128& key,
                             const request::CallerContext& caller) const {
  return find_input(key, tiers_, &ports::CacheTier::peek, caller) != nullptr;
}

// Asked under a mutex that callers share, so of a batch's ends alone: an answer to it brought both.
bool CoalesceStage::batch_appeared(const request::CallerContext& caller) const {
  const std::vector<digest::Hash128>& keys = caller.embeddings->keys;
  return caller.cache->may_appear && is_there(keys.front(), caller) &&
         is_there(keys.back(), caller);
}

bool CoalesceStage::answer_batch(request::CallerContext& caller) const {
  auto plan = std::make_shared<request::EmbeddingPlan>();
  plan->keys = caller.embeddings->keys;
  plan->forget_found();
  if (!look_up(*plan, tiers_, caller) || !plan->missing.empty()) {
    return false;
  }
  count_look_up(*plan, tiers_, &ports::CacheTier::find_again, caller);
  answer_from(*plan, caller);
  caller.embeddings = std::move(plan);
  return true;
}

pipeline::Verdict CoalesceStage::on_request(request::CallerContext& caller) noexcept {
  if (caller.cache == nullptr || !caller.cache->joins) {
    return pipeline::Verdict::kContinue;
  }
  struct Again {
    const CoalesceStage& stage;
    const request::CallerContext& caller;
    domain::EntryPtr entry;
  } again{*this, caller, nullptr};
  request::WorkerServices& worker = caller.worker;
  request::FlightTable::Joined joined = worker.flights.join_or_start(
      caller.cache->flight_key(), limits_, caller.flight_caller, [&again] {
        if (again.caller.embeddings != nullptr) {
          return again.stage.batch_appeared(again.caller);
        }
        again.entry = again.stage.find_again(again.caller);
        return again.entry != nullptr;
      });
  if (joined.appeared) {
    const bool answered =
        again.entry == nullptr ? answer_batch(caller) : answer_from(again.entry, settings_, caller);
    return answered ? pipeline::Verdict::kRespond : pipeline::Verdict::kContinue;
  }
  caller.flight = std::move(joined.flight);
  caller.leads_flight = joined.leads;
  if (caller.flight != nullptr && !joined.leads) {
    caller.cache_state = request::CacheState::kCollapsed;
    caller.cache_status->collapsed = true;
  }
  return pipeline::Verdict::kContinue;
}

}  // namespace penstock::stages
