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
// that a forecast must reach. Keeps the last kSamplesMax starts: a pool whose free nodes are used
// up is one that waits for nodes from then on, however many starts it had without. Threads: not
// safe.
class LeadTimes {
 public:
  static constexpr std::size_t kSamplesMax = 64;
  static constexpr std::size_t kSamplesMin = 3;  // until then the prior speaks
  static constexpr milliseconds kLongest{24LL * 60 * 60 * 1'000};
  // What a start counts for at most: nodes that were sold out for hours, or a Secret that was
  // missing overnight, say nothing of how long before its load the next replica has to be asked
  // for.
  static constexpr milliseconds kCounted{30LL * 60 * 1'000};

  explicit LeadTimes(const LeadTimePriors& priors = {}) : priors_(priors) {}

  // Counts as kCounted at most. False: not in (0, kLongest], which is a clock that jumped or a pod
  // nobody waited for.
  bool record(StartPath path, milliseconds duration);

  // The duration that at least the share `q` (0 … 1) of the kept starts did not exceed.
  [[nodiscard]] LeadTime quantile(double q) const;
  // Of the last kSamplesMax that waited for a node.
  [[nodiscard]] LeadTime quantile_by_node(double q) const;
  [[nodiscard]] std::size_t samples() const { return starts_.kept.size(); }

 private:
  // The last ones.
  struct Ring {
    std::vector<milliseconds> kept;
    std::size_t next = 0;

    void add(milliseconds duration);
  };

  LeadTimePriors priors_;
  Ring starts_;
  Ring by_node_;  // of them; kept for longer where others are more
};

}  // namespace penstock::autoscale
