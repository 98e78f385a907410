#pragma once

#include <cstdint>
#include <memory>

#include "lib/clock/clock.h"
#include "sidecar/dialect/request_keyer.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/flight_table.h"
#include "sidecar/request/recent_requests.h"
#include "sidecar/request/request_text.h"
#include "sidecar/request/worker_metrics.h"

namespace penstock::request {

// Small, fast, and good enough for weights, jitter and ids that keep no secret (splitmix64, Steele
// et al. 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_;
};

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
  FlightTable& flights;  // shared with all workers
  Random random;
  RecentRequests recent;  // read by the admin thread
  AccessLog access_log;
  RequestTextPool request_texts;
  dialect::RequestKeyer keyer;
  std::shared_ptr<FlightListener> flight_listener;
};

}  // namespace penstock::request
