#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "operator/autoscale/time.h"

namespace penstock::autoscale {

enum class StartPath : std::uint8_t {
  kPod,   // the node was there: pod start + model load
  kNode,  // node + pod start + model load
};

struct LeadTime {
  milliseconds duration{0};
  bool measured = false;  // false: the prior
};

struct LeadTimePriors {
  milliseconds pod{90'000};
  milliseconds node{440'000};
};

// How long it takes this pool from the wish for a replica to a replica that serves: the horizon
// that a forecast must reach. Keeps the last kSamplesMax starts of each path. Threads: not safe.
class LeadTimes {
 public:
  static constexpr std::size_t kSamplesMax = 64;
  static constexpr std::size_t kSamplesMin = 3;  // until then the prior speaks
  static constexpr milliseconds kLongest{24LL * 60 * 60 * 1'000};

  explicit LeadTimes(const LeadTimePriors& priors = {}) : priors_(priors) {}

  // False: not in (0, kLongest], which is a clock that jumped or a pod nobody waited for.
  bool record(StartPath path, milliseconds duration);

  // The duration that at least the share `q` (0 … 1) of the kept starts did not exceed.
  [[nodiscard]] LeadTime quantile(StartPath path, double q) const;
  [[nodiscard]] std::size_t samples(StartPath path) const { return of(path).kept.size(); }

 private:
  struct Samples {
    std::vector<milliseconds> kept;
    std::size_t next = 0;
  };
  [[nodiscard]] const Samples& of(StartPath path) const {
    return path == StartPath::kPod ? pod_ : node_;
  }

  LeadTimePriors priors_;
  Samples pod_;
  Samples node_;
};

}  // namespace penstock::autoscale
