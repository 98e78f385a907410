#pragma once

#include <cstdint>
#include <string_view>

#include "lib/result/result.h"
#include "operator/simulate/arrival.h"

// Public traces as loads. Times become times since the first request; rows may be out of order.
namespace penstock::simulate {

inline constexpr std::int32_t kTokensMax = 1 << 20;       // of a request, each way
inline constexpr std::size_t kArrivalsMax = 100'000'000;  // of a load: 1.6 GB

// By the first characters: `{` is Mooncake's JSON lines (timestamp in ms, input_length,
// output_length), `TIMESTAMP` Azure's CSV (ContextTokens, GeneratedTokens), `at_ms` our own CSV
// (at_ms,input_tokens,output_tokens). Errors name the line.
Result<Arrivals> read_trace(std::string_view text);

// The same requests in the same order, faster or slower so that their mean rate is `requests_per_s`
// (0: as it is), again and again until `seconds` are full (0: once).
Arrivals paced(const Arrivals& trace, double requests_per_s, double seconds);

}  // namespace penstock::simulate
