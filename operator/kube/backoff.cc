#include "operator/kube/backoff.h"

#include <algorithm>

namespace penstock::kube {

std::chrono::milliseconds retry_delay(unsigned failures,
                                      std::optional<std::chrono::seconds> retry_after,
                                      std::uint64_t& random) {
  random = random == 0 ? 0x9e3779b97f4a7c15U : random;
  random ^= random >> 12U;
  random ^= random << 25U;
  random ^= random >> 27U;
  const unsigned doublings = std::min(failures > 0 ? failures - 1 : 0, 8U);
  const std::int64_t whole = std::min(kRetryFirst.count() << doublings, kRetryMost.count());
  const auto share = static_cast<std::int64_t>((random * 0x2545f4914f6cdd1dU) >> 33U);
  const std::chrono::milliseconds delay(whole / 2 + share % (whole / 2 + 1));
  return retry_after ? std::max<std::chrono::milliseconds>(delay, *retry_after) : delay;
}

}  // namespace penstock::kube
