#include <algorithm>
#include <utility>

#include "operator/autoscale/consolidation.h"
#include "operator/autoscale/decision.h"
#include "operator/autoscale/findings.h"
#include "operator/autoscale/live_target.h"
#include "operator/autoscale/needs.h"

namespace penstock::autoscale {
namespace {

Withheld withheld_of(const Inputs& inputs, const State& state) {
  if (inputs.settings.mode == Mode::kOff) {
    return Withheld::kOff;
  }
  if (!inputs.target.other_scaler.empty()) {
    return Withheld::kConflict;
  }
  if (inputs.settings.mode == Mode::kAdvise) {
    return Withheld::kAdvise;
  }
  return is_drift_respected(inputs, state) ? Withheld::kManualOverride : Withheld::kNo;
}

// A trigger of CPU asks for one replica as long as there is any, so it has to ask for more than
// must be there anyhow; one that failed may mean anything.
bool triggers_keep_awake(const Inputs& inputs, const Needs& needs) {
  return failed_vote(inputs) != nullptr || needs.triggers.value_or(0) > needs.floor;
}

// Nobody sent a request for the whole period, nobody is expected or waits, every pod says so, and
// who comes next would be held.
bool is_idle(const Inputs& inputs, const Needs& needs) {
  const Observed& seen = inputs.observed;
  return inputs.settings.scale_to_zero.enabled && inputs.scheduled_floor <= 0 && needs.measured &&
         !needs.forecast_wakes && !triggers_keep_awake(inputs, needs) && seen.missing_pods == 0 &&
         seen.held_requests == 0 && seen.hold_ready && seen.active_ms &&
         time_of(inputs.now_ms) - time_of(*seen.active_ms) >= inputs.settings.scale_to_zero.idle;
}

// Who holds requests is away for so long where its pod is replaced, or its image is fetched.
constexpr milliseconds kUnheldMost{60'000};

// From none: whatever asks for a replica gets the least that may run, at once. Without scale to
// zero it was a person who took the last one away, which is how scaling is paused; unless it was
// us, when the policy still allowed it.
Recommendation wake(const Inputs& inputs, const Needs& needs, const State& state) {
  if (!inputs.settings.scale_to_zero.enabled) {
    const bool was_ours = !state.writes.empty() && state.writes.back().replicas == 0;
    return was_ours ? Recommendation{needs.floor, Reason::kFloor}
                    : Recommendation{0, Reason::kPaused};
  }
  if (inputs.observed.held_requests > 0) {
    return {needs.floor, Reason::kActivation};
  }
  if (inputs.scheduled_floor > 0) {
    return {needs.floor, Reason::kFloor};
  }
  if (needs.forecast_wakes) {
    const int most = inputs.settings.replicas_max;
    return {std::min(most, std::max(needs.floor, needs.budgeted.value_or(0))), Reason::kForecast};
  }
  // Whoever comes is turned away until somebody looks, which nobody does at night.
  if (inputs.observed.unheld && *inputs.observed.unheld >= kUnheldMost) {
    return {needs.floor, Reason::kUnheld};
  }
  return {0, Reason::kIdle};
}

// No lower than the tail of the demand allows. A policy of classic triggers alone has no capacity
// to test against: it shrinks as a HorizontalPodAutoscaler does.
Recommendation consolidated(const Inputs& inputs, const Needs& needs, Recommendation wanted) {
  const int current = inputs.target.replicas;
  if (wanted.replicas >= current || !needs.capacity_known) {
    return wanted;
  }
  if (!needs.busyness_known) {
    return {current, Reason::kCapacityUnknown};
  }
  ConsolidationThresholds thresholds = inputs.settings.consolidation;
  // What may go by this test must not be asked back by the reactive loop.
  thresholds.utilization_max = std::min(thresholds.utilization_max, inputs.settings.utilization);
  thresholds.kv_max = std::min(thresholds.kv_max, inputs.settings.utilization);
  const Consolidation found = consolidate({.replicas = current,
                                           .tail = inputs.observed.tail,
                                           .coverage = inputs.observed.coverage,
                                           .capacity = inputs.capacity.one,
                                           .objectives = inputs.settings.objectives,
                                           .service = inputs.service,
                                           .ttft_ms = inputs.observed.tail_ttft_ms,
                                           .itl_ms = inputs.observed.tail_itl_ms},
                                          thresholds);
  const int least = current - found.removable;
  return wanted.replicas < least ? Recommendation{least, Reason::kConsolidationUnsafe} : wanted;
}

// A replica that goes is back a start later at the earliest: so what it costs to be wrong grows
// with the start, and the pace falls. At most a tenth of them in every start, as measured; of
// half an hour at most, for nodes that were sold out for hours say nothing of the next start.
Recommendation paced(const Inputs& inputs, const Needs& needs, const State& state,
                     Recommendation wanted) {
  constexpr int kShare = 10;
  constexpr milliseconds kStartMost{1'800'000};
  const int current = inputs.target.replicas;
  if (wanted.replicas >= current || !needs.capacity_known || !inputs.lead) {
    return wanted;
  }
  const milliseconds pause = std::min(*inputs.lead, kStartMost);
  const bool waits = state.shrunk_ms && time_of(inputs.now_ms) - time_of(*state.shrunk_ms) < pause;
  const int least = waits ? current : current - std::max(1, current / kShare);
  return wanted.replicas < least ? Recommendation{least, Reason::kScaleDownLimited} : wanted;
}

// The default of 1 is nobody's wish: who stops saying how many replicas there are, as this operator
// asks of whoever applies them, does not want fewer.
Recommendation restored(const Inputs& inputs, const Needs& needs, int before) {
  const int most = std::max(needs.floor, inputs.settings.replicas_max);
  return {std::clamp(before, needs.floor, most), Reason::kRestored};
}

Reason reason_of(Limit limit, Reason otherwise) {
  switch (limit) {
    case Limit::kScaleUpStabilized: return Reason::kScaleUpStabilized;
    case Limit::kScaleDownStabilized: return Reason::kScaleDownStabilized;
    case Limit::kScaleUpLimit: return Reason::kScaleUpLimited;
    case Limit::kScaleDownLimit: return Reason::kScaleDownLimited;
    case Limit::kNone: break;
  }
  return otherwise;
}

Recommendation bounded(const Inputs& inputs, const Needs& needs, Recommendation wanted,
                       State& all) {
  BehaviorState& state = all.behavior;
  const Time now = time_of(inputs.now_ms);
  const int current = inputs.target.replicas;
  const Behavior& behavior = inputs.settings.behavior;
  const Bounded stable = stabilize(now, current, wanted.replicas, behavior, state);
  const Bounded rate = limit_rate(now, current, stable.replicas, behavior, state);
  wanted = {rate.replicas, reason_of(rate.limit, reason_of(stable.limit, wanted.reason))};
  wanted = paced(inputs, needs, all, consolidated(inputs, needs, wanted));
  // A target outside its bounds returns to them at once, as upstream's does.
  if (wanted.replicas > inputs.settings.replicas_max) {
    return {inputs.settings.replicas_max, Reason::kMaximum};
  }
  return wanted.replicas < needs.floor ? Recommendation{needs.floor, Reason::kFloor} : wanted;
}

}  // namespace

Outcome decide(const Inputs& inputs, State state) {
  track_target(inputs, state);
  Decision decision{.current = inputs.target.replicas, .withheld = withheld_of(inputs, state)};
  const Supply supply = supply_of(inputs);
  decision.supply = supply.total();
  const Needs needs = needs_of(inputs, supply.total(), state.reactive);
  decision.candidates = candidates_of(needs);
  decision.excess_burst_capacity = needs.excess_burst_capacity;
  decision.conditions = findings_of(inputs, needs, supply, decision.withheld);

  Recommendation chosen{decision.current, Reason::kOff};
  decision.recommended = decision.current;
  if (inputs.settings.mode != Mode::kOff) {
    if (decision.current == 0) {
      chosen = wake(inputs, needs, state);
      decision.recommended = chosen.replicas;
    } else if (state.left_out) {
      chosen = restored(inputs, needs, *state.left_out);
      decision.recommended = chosen.replicas;
    } else if (is_idle(inputs, needs)) {
      chosen = {0, Reason::kIdle};
      decision.recommended = 0;
    } else {
      const Recommendation wanted = recommend(inputs, needs);
      decision.recommended = wanted.replicas;
      chosen = bounded(inputs, needs, wanted, state);
    }
  }
  decision.desired = chosen.replicas;
  decision.reason = chosen.reason;
  if (decision.withheld == Withheld::kNo && decision.desired != decision.current) {
    decision.write = decision.desired;
    remember_write(inputs, decision.desired, state);
  }
  return {std::move(decision), std::move(state)};
}

}  // namespace penstock::autoscale
