#pragma once

#include <algorithm>
#include <cmath>

namespace penstock::autoscale {

// Beyond this nothing is computed: a count from a broken measurement must not overflow.
inline constexpr int kReplicasMax = 1'000'000;

// ceil(total / per_replica), at least 0 and at most kReplicasMax. A total that misses a whole
// number of replicas by rounding alone (10.000000000000002) does not buy one more.
// REQUIRES: per_replica > 0. A total that is no number counts as 0.
inline int replicas_for(double total, double per_replica) {
  const double exact = total / per_replica;
  if (!(exact > 0)) {
    return 0;
  }
  const double most = std::min(exact, double{kReplicasMax});
  return static_cast<int>(std::ceil(most * (1 - 1e-12)));
}

// Whether `ratio` is so near 1 that nothing should move; both ends belong to it, as upstream's
// Tolerances.isWithin has them.
inline bool within_tolerance(double ratio, double tolerance) {
  return 1 - tolerance <= ratio && ratio <= 1 + tolerance;
}

}  // namespace penstock::autoscale
