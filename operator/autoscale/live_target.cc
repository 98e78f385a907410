#include "operator/autoscale/live_target.h"

#include <algorithm>

namespace penstock::autoscale {
namespace {

// How long a write may be on its way to us, through the API server and the watch, while newer ones
// follow it.
constexpr milliseconds kEcho{60'000};

bool is_ours(const State& state, Time now, int replicas) {
  return std::ranges::any_of(state.writes, [&](const TimedCount& write) {
    const bool recent = &write == &state.writes.back() || now - time_of(write.at_ms) < kEcho;
    return recent && write.replicas == replicas;
  });
}

}  // namespace

void track_target(const Inputs& inputs, State& state) {
  const Time now = time_of(inputs.now_ms);
  const int replicas = inputs.target.replicas;
  const int before = state.seen_replicas.value_or(replicas);
  state.seen_replicas = replicas;
  if (inputs.settings.mode != Mode::kEnforce || !inputs.target.other_scaler.empty()) {
    state.writes.clear();
    state.left_out.reset();
    state.drift_since_ms.reset();
    return;
  }
  if (replicas != before) {
    if (is_ours(state, now, replicas)) {
      record_change(now, before, replicas, inputs.settings.behavior, state.behavior);
      if (replicas < before) {
        state.shrunk_ms = inputs.now_ms;
      }
    } else if (inputs.target.defaulted && replicas < before) {
      state.left_out = before;
    } else {
      state.drift_since_ms = inputs.now_ms;
    }
  }
  if (!inputs.target.defaulted) {
    state.left_out.reset();
  }
  if (state.drift_since_ms && !is_drift_respected(inputs, state)) {
    state.drift_since_ms.reset();
  }
}

bool is_drift_respected(const Inputs& inputs, const State& state) {
  return state.drift_since_ms &&
         time_of(inputs.now_ms) - time_of(*state.drift_since_ms) < inputs.settings.drift_respected;
}

void remember_write(const Inputs& inputs, int replicas, State& state) {
  if (!state.writes.empty() && state.writes.back().replicas == replicas) {
    state.writes.back().at_ms = inputs.now_ms;
    return;
  }
  if (state.writes.size() == State::kWritesMax) {
    state.writes.erase(state.writes.begin());
  }
  state.writes.push_back({inputs.now_ms, replicas});
}

Supply supply_of(const Inputs& inputs) {
  Supply supply{.ready = inputs.target.ready};
  for (const TimedCount& start : inputs.target.starting) {
    const bool late =
        time_of(inputs.now_ms) - time_of(start.at_ms) >= inputs.settings.start_deadline;
    (late ? supply.starved : supply.starting) += start.replicas;
  }
  return supply;
}

}  // namespace penstock::autoscale
