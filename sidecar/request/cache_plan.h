#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/digest/digest.h"
#include "sidecar/domain/cache_control.h"
#include "sidecar/request/flight_key.h"

namespace penstock::request {

// What the cache stage found out about a request, for its flight and for storing its answer.
struct CachePlan {
  bool joins = false;       // the caller may share another caller's upstream call
  bool may_appear = false;  // nothing was stored; an entry that appears meanwhile is an answer
  bool streams = false;
  domain::RequestCacheControl control;  // as the client asked
  digest::Hash128 raw;
  digest::Hash128 canonical;
  std::string raw_scope;  // with the body it proves the raw key
  std::string scope;      // of the canonical key; only of embeddings, whose inputs have keys too
  std::uint64_t tenant_hash = 0;

  std::uint64_t apart = 0;  // of FlightKey

  [[nodiscard]] FlightKey flight_key() const {
    return {.canonical = canonical, .apart = apart, .streams = streams};
  }
};

}  // namespace penstock::request
