#include "sidecar/stages/coalesce.h"

#include "sidecar/request/worker_services.h"
#include "sidecar/stages/stored_answer.h"

namespace penstock::stages {

CoalesceStage::CoalesceStage(const resolve::Caching& settings, Tiers tiers)
    : settings_(settings), tiers_(std::move(tiers)) {
  limits_.retained_bytes_max = settings.entry_bytes_max;
  limits_.callers_max = settings.followers_max + 1;
}

domain::EntryPtr CoalesceStage::find_again(const request::CallerContext& caller) const {
  if (!caller.cache->may_appear) {
    return nullptr;
  }
  for (const auto& tier : tiers_) {
    if (auto entry = tier->find_again(caller.cache->canonical, caller.worker.clock.now())) {
      return entry;
    }
  }
  return nullptr;
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
        again.entry = again.stage.find_again(again.caller);
        return again.entry != nullptr;
      });
  if (joined.appeared) {
    return answer_from(again.entry, settings_, caller) ? pipeline::Verdict::kRespond
                                                       : pipeline::Verdict::kContinue;
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
