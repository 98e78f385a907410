#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/clock/clock.h"
#include "sidecar/dialect/ending.h"
#include "sidecar/domain/token_usage.h"
#include "sidecar/request/inline_text.h"
#include "sidecar/request/request_record.h"

namespace penstock::request {

using Micros = std::chrono::microseconds;

// What one upstream call did, used and cost: copied to every caller it served. It owns its texts:
// callers of a flight may run another policy than the call does.
struct CallSummary {
  int status = 0;               // 0: no response head came
  std::uint32_t backend = 0;    // index in the call's policy
  InlineText<47> backend_name;  // empty: none was chosen
  std::uint32_t attempts = 0;
  bool connection_reused = false;
  bool whole = false;  // the payload came to its normal end
  bool price_known = false;
  dialect::Ending ending = dialect::Ending::kNone;
  // Why the last attempt that failed did; null: none did. For the log: it may name no more than a
  // reason.
  std::shared_ptr<const std::string> failure;

  Micros queue = RequestTiming::kUnmeasured;     // until the backend was there, where it was not
  Micros connect{0};                             // of the last attempt; 0 on a reused connection
  std::optional<clock::Instant> first_token_at;  // the first event with content
  Micros total{0};

  std::optional<domain::TokenUsage> usage;
  std::int64_t next_sequence_number = 0;  // of a Responses stream: that of the event to come
  std::string response_model;

  // Picodollars; meaningful when price_known.
  std::int64_t cost = 0;
  std::string_view unknown_price_reason;  // metric label, when the price is not known
  InlineText<16> price_version;
};

}  // namespace penstock::request
