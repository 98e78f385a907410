#include "sidecar/request/flight_table.h"

namespace penstock::request {

FlightTable::Joined FlightTable::join_or_start(const FlightKey& key, const FlightLimits& limits,
                                               Flight::Caller& caller,
                                               const std::function<bool()>& appeared) {
  Shard& shard = shard_of(key);
  const sync::MutexLock lock(shard.mutex);
  const auto found = shard.flights.find(key);
  if (found != shard.flights.end()) {
    if (found->second->join(caller)) {
      return {.flight = found->second};
    }
    return {.appeared = appeared()};
  }
  if (appeared()) {
    return {.appeared = true};
  }
  auto flight = std::make_shared<Flight>(limits);
  flight->join(caller);
  if (shard.spare) {
    shard.spare.key() = key;
    shard.spare.mapped() = flight;
    shard.flights.insert(std::move(shard.spare));
  } else {
    shard.flights.emplace(key, flight);
  }
  return {.flight = std::move(flight), .leads = true};
}

void FlightTable::remove(const FlightKey& key, const Flight& flight) {
  Shard& shard = shard_of(key);
  std::shared_ptr<Flight> last;  // freed outside the lock
  const sync::MutexLock lock(shard.mutex);
  const auto found = shard.flights.find(key);
  if (found != shard.flights.end() && found->second.get() == &flight) {
    last = std::move(found->second);
    shard.spare = shard.flights.extract(found);
  }
}

std::size_t FlightTable::size() {
  std::size_t total = 0;
  for (Shard& shard : shards_) {
    const sync::MutexLock lock(shard.mutex);
    total += shard.flights.size();
  }
  return total;
}

}  // namespace penstock::request
