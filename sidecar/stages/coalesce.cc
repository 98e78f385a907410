#include "sidecar/stages/coalesce.h"

#include "sidecar/request/worker_services.h"

namespace penstock::stages {

CoalesceStage::CoalesceStage(const resolve::Caching& settings) {
  limits_.retained_bytes_max = settings.entry_bytes_max;
  limits_.callers_max = settings.followers_max + 1;
}

pipeline::Verdict CoalesceStage::on_request(request::CallerContext& caller) noexcept {
  if (!caller.cache.cacheable || !caller.cache.joins) {
    return pipeline::Verdict::kContinue;
  }
  request::WorkerServices& worker = caller.worker;
  request::FlightTable::Joined joined = worker.flights.join_or_start(
      caller.cache.flight_key(), limits_, caller.flight_caller, worker.flight_listener);
  caller.flight = std::move(joined.flight);
  caller.leads_flight = joined.leads;
  if (caller.flight != nullptr && !joined.leads) {
    caller.record.cache = request::CacheState::kCollapsed;
    caller.cache_status->collapsed = true;
  }
  return pipeline::Verdict::kContinue;
}

}  // namespace penstock::stages
