#pragma once

#include "lib/digest/digest.h"

namespace penstock::request {

// What the cache stage found out about a request, for its flight and for storing its answer.
struct CachePlan {
  bool cacheable = false;  // the keys below are set
  digest::Digest canonical;

  // Callers of one flight agree on whether they stream, while a stored entry serves both.
  [[nodiscard]] digest::Digest flight_key() const { return canonical; }
};

}  // namespace penstock::request
