#include "operator/simulate/knative.h"

#include <algorithm>

namespace penstock::simulate {

int KnativeKpa::replicas(const autoscale::Sight& sight) {
  const Seen seen = seen_of(sight);
  concurrency_.add(sight.now, seen.concurrency());
  if (!timer_.due(sight.now)) {
    return sight.replicas;
  }
  const autoscale::ReactiveSettings settings{.tolerance = 0,
                                             .stable_window = autoscale::milliseconds(60'000)};
  const autoscale::ReactiveResult result = autoscale::reactive(
      {.now = sight.now,
       .stable = concurrency_.mean(sight.now, settings.stable_window),
       .panic = concurrency_.mean(sight.now, autoscale::milliseconds(6'000)),
       .target = target_,
       .ready = seen.ready,
       .replicas = 0},  // no tolerance: nothing is compared with what is asked for
      settings, state_);
  return std::clamp(result.replicas.value_or(sight.replicas), 1, replicas_max_);
}

}  // namespace penstock::simulate
