#pragma once

#include <optional>

#include "lib/clock/clock.h"
#include "sidecar/request/request_record.h"

namespace penstock::request {

// How an answer's head came to be there, for those it is meant for.
struct HeadArrival {
  std::optional<clock::Instant> at;  // from upstream; empty: from memory
  RequestTiming::Micros queue = RequestTiming::kUnmeasured;
  RequestTiming::Micros connect = RequestTiming::kUnmeasured;
  bool whole = false;  // the answer's end is here as well
};

}  // namespace penstock::request
