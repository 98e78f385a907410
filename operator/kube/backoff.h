#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace penstock::kube {

inline constexpr std::chrono::milliseconds kRetryFirst{200};
// An API server that comes back after a minute is noticed within this by every watch.
inline constexpr std::chrono::milliseconds kRetryMost{10'000};

// How long to wait before try number `failures` + 1: kRetryFirst doubled for each failure in a row,
// at most kRetryMost, of which a random half is taken off so that many do not come back together;
// never less than the server asked for. `random` is the state of the generator (xorshift64*,
// Marsaglia 2003); any value but 0.
std::chrono::milliseconds retry_delay(unsigned failures,
                                      std::optional<std::chrono::seconds> retry_after,
                                      std::uint64_t& random);

}  // namespace penstock::kube
