#pragma once

#include <cstdint>
#include <string_view>

#include "sidecar/request/caller_context.h"

namespace penstock::request {

// Who is at fault where a request did not end well.
enum class ErrorSide : std::uint8_t {
  kNone,      // it ended well
  kClient,    // a wrong request, or a client that left
  kUpstream,  // none or a wrong answer, a 429 or a status of 500 and above
  kPenstock,  // a limit or a bug of ours
};

// Of a request that is over.
[[nodiscard]] ErrorSide error_side(const CallerContext& caller);

// "client", "upstream", "penstock"; empty for kNone. For metrics.
[[nodiscard]] std::string_view label(ErrorSide side);

}  // namespace penstock::request
