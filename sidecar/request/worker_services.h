#pragma once

#include <cstdint>
#include <memory>

#include "lib/clock/clock.h"
#include "lib/random/split_mix64.h"
#include "sidecar/dialect/request_keyer.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/flight_table.h"
#include "sidecar/request/recent_requests.h"
#include "sidecar/request/request_text.h"
#include "sidecar/request/worker_metrics.h"

namespace penstock::request {

// What contexts and stages may use of the worker they run on.
//
// Threads: the worker's own, except what says otherwise.
struct WorkerServices {
  WorkerServices(const clock::Clock& with_clock, WorkerMetrics& with_metrics,
                 FlightTable& with_flights, std::uint64_t seed, std::size_t recent_requests)
      : clock(with_clock),
        metrics(with_metrics),
        flights(with_flights),
        random(seed),
        recent(recent_requests) {}

  const clock::Clock& clock;
  WorkerMetrics& metrics;
  FlightTable& flights;                 // shared with all workers
  penstock::random::SplitMix64 random;  // weights, jitter and ids that keep no secret
  RecentRequests recent;                // read by the admin thread
  AccessLog access_log;
  RequestTextPool request_texts;
  dialect::RequestKeyer keyer;
  std::shared_ptr<FlightListener> flight_listener;
};

}  // namespace penstock::request
