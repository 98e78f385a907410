#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "lib/sync/mutex.h"
#include "sidecar/request/flight.h"
#include "sidecar/request/flight_key.h"

namespace penstock::request {

// The flights of this process by the key of what they ask: one upstream call for identical requests
// in flight.
//
// Threads: any; sharded, each shard under its own mutex for a look-up's time. Bounded by the
// requests in flight.
class FlightTable {
 public:
  struct Joined {
    std::shared_ptr<Flight>
        flight;             // nullptr: full of callers or too late to join; call upstream alone
    bool leads = false;     // the caller must start the call and remove() it at its end
    bool appeared = false;  // `appeared` said so; flight is nullptr
  };

  // Joins the running flight of `key`, or starts one. `caller` is attached either way unless flight
  // is nullptr.
  //
  // A flight stores its answer before it leaves the table, so a caller that looked for the answer
  // before that, and for the flight after, has missed both. `appeared` looks for the answer again
  // where there is no flight to join; when it finds one, none is started. It runs under the shard's
  // mutex.
  Joined join_or_start(const FlightKey& key, const FlightLimits& limits, Flight::Caller& caller,
                       const std::function<bool()>& appeared);

  // Ends the flight's time in the table: later requests start a new one. Harmless when it is not in
  // the table.
  void remove(const FlightKey& key, const Flight& flight);

  [[nodiscard]] std::size_t size();

 private:
  static constexpr std::size_t kShards = 64;

  using Flights = std::unordered_map<FlightKey, std::shared_ptr<Flight>, FlightKeyHash>;
  struct Shard {
    sync::Mutex mutex;
    Flights flights PENSTOCK_GUARDED_BY(mutex);
    // The place of a flight that ended, for the next: most are alone, and short.
    Flights::node_type spare PENSTOCK_GUARDED_BY(mutex);
  };

  Shard& shard_of(const FlightKey& key) { return shards_[key.canonical.low % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace penstock::request
