#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "lib/json/field.h"
#include "operator/autoscale/time.h"

namespace penstock::autoscale {

// A number of replicas at one time.
struct TimedCount {
  std::int64_t at_ms = 0;
  int replicas = 0;

  bool operator==(const TimedCount&) const = default;
  static constexpr auto fields() {
    using T = TimedCount;
    return std::tuple{json::Field{"atMs", &T::at_ms}, json::Field{"replicas", &T::replicas}};
  }
};

// The largest or smallest of the counts that were pushed within the last `window`, exactly, from as
// few of them as can still matter: a count that a later one beats is forgotten. `counts` is a value
// that its owner keeps (and may write into a decision line); oldest first.
//
// At most kCountsMax entries. When full, the two oldest become one that has the more extreme
// replicas and the later time: the answer may then hold on to an extreme for longer, never shorter.
inline constexpr std::size_t kCountsMax = 1'024;

enum class Extreme : std::uint8_t { kLargest, kSmallest };

void push(Extreme extreme, std::vector<TimedCount>& counts, Time now, int replicas);

// Forgets what is `window` old or older.
void forget_older(std::vector<TimedCount>& counts, Time now, milliseconds window);

// The extreme of what is remembered and of `current`.
int extreme_of(Extreme extreme, const std::vector<TimedCount>& counts, int current);

}  // namespace penstock::autoscale
