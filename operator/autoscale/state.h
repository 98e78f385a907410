#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "lib/json/field.h"
#include "operator/autoscale/behavior.h"
#include "operator/autoscale/reactive.h"
#include "operator/autoscale/sliding_extreme.h"

namespace penstock::autoscale {

// What decide() remembers from one call to the next; of one target, shared with no other. An empty
// state is what an operator has that just started: nothing shrinks on it.
struct State {
  static constexpr std::size_t kWritesMax = 8;

  ReactiveState reactive;
  BehaviorState behavior;
  std::optional<int> seen_replicas;       // spec.replicas at the last call
  std::optional<int> left_out;            // spec.replicas until whoever said them left them out
  std::vector<TimedCount> writes;         // what we asked for, oldest first
  std::optional<std::int64_t> shrunk_ms;  // when fewer were last seen, by us
  std::optional<std::int64_t> drift_since_ms;  // when somebody else last set spec.replicas

  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    using T = State;
    return std::tuple{json::Field{"reactive", &T::reactive},
                      json::Field{"behavior", &T::behavior},
                      json::Field{"seenReplicas", &T::seen_replicas},
                      json::Field{"leftOut", &T::left_out},
                      json::Field{"writes", &T::writes, {.items_max = kWritesMax}},
                      json::Field{"shrunkMs", &T::shrunk_ms},
                      json::Field{"driftSinceMs", &T::drift_since_ms}};
  }
};

}  // namespace penstock::autoscale
