#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/json/field.h"
#include "operator/autoscale/decision.h"
#include "tests/operator/autoscale/targets.h"

namespace penstock::autoscale {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct Step {
  const char* name;
  int replicas;
  double requests_per_s;
  void (*change)(Inputs&);
  int desired;
  Reason reason;
};

void as_it_is(Inputs& /*inputs*/) {}

// Of a replica only the KV cache's size is known, of which a fifth is used on all of eight.
void cache_alone(Inputs& inputs) {
  inputs.capacity = {.one = {.kv = 400'000}, .kv_source = CapacitySource::kKvLimit};
  for (Load* load : {&inputs.observed.stable, &inputs.observed.panic, &inputs.observed.tail}) {
    load->kv = 640'000;
  }
}

class DecideStepTest : public testing::TestWithParam<Step> {};

TEST_P(DecideStepTest, OneDecision) {
  const Step& step = GetParam();
  Inputs inputs = serving(0, step.replicas, step.requests_per_s);
  step.change(inputs);
  const Decision decision = decide(inputs, settled(step.replicas)).decision;
  EXPECT_EQ(decision.desired, step.desired);
  EXPECT_EQ(json::name_of(decision.reason), json::name_of(step.reason));
  if (decision.withheld == Withheld::kNo) {
    EXPECT_EQ(decision.write.has_value(), step.desired != step.replicas);
    EXPECT_EQ(decision.write.value_or(step.desired), step.desired);
  } else {
    EXPECT_EQ(decision.write, std::nullopt);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Up, DecideStepTest,
    testing::Values(
        Step{"Steady", 8, 64, as_it_is, 8, Reason::kSteady},
        Step{"Load", 8, 96, as_it_is, 12, Reason::kLoad},
        Step{"Panic", 4, 64, as_it_is, 8, Reason::kPanic},
        Step{"RateLimited", 8, 800, as_it_is, 16, Reason::kScaleUpLimited},  // + 100 % in 15 s
        Step{"AnUntrainedForecastIsLeftAside", 8, 64,
             [](Inputs& in) {
               in.forecasts = {forecast(100, 120)};
               in.forecasts[0].trained = false;
             },
             8, Reason::kSteady},
        // The quantile, not the mean: 88 / 8, not 72 / 8.
        Step{"ForecastQuantile", 8, 64, [](Inputs& in) { in.forecasts = {forecast(72, 88)}; }, 11,
             Reason::kForecast},
        Step{"ForecastLevelAboveAll", 8, 64,
             [](Inputs& in) {
               in.forecasts = {forecast(36, 44)};
               in.settings.predictive.quantile = 0.999;
             },
             11, Reason::kForecast},
        Step{"ForecastOff", 8, 64,
             [](Inputs& in) {
               in.forecasts = {forecast(72, 88)};
               in.settings.predictive.enabled = false;
             },
             8, Reason::kSteady},
        Step{"BudgetInReplicas", 8, 64,
             [](Inputs& in) {
               in.forecasts = {forecast(72, 120)};
               in.settings.budget.replicas = 2;
             },
             10, Reason::kForecast},
        // $10 an hour at $3 for each: three more than the load needs.
        Step{"BudgetInMoney", 8, 64,
             [](Inputs& in) {
               in.forecasts = {forecast(72, 120)};
               in.settings.budget.picodollars_per_hour = 10'000'000'000'000;
               in.settings.budget.replica_picodollars_per_hour = 3'000'000'000'000;
             },
             11, Reason::kForecast},
        Step{"NoBudgetNeverCutsTheLoad", 8, 96,
             [](Inputs& in) {
               in.forecasts = {forecast(72, 200)};
               in.settings.budget.replicas = 0;
             },
             12, Reason::kLoad},
        // What the forecast may add is added to the load, not to what peaks would raise.
        Step{"NoBudgetBeyondTheLoadBesidePeaks", 10, 64,
             [](Inputs& in) {
               in.observed.peak = 85;
               in.forecasts = {forecast(72, 200)};
               in.settings.budget.replicas = 0;
             },
             8, Reason::kLoadFitsFewer},
        // A tenth less than 106 would be 96.4, for which 13 are needed.
        Step{"PeaksRaise", 8, 64, [](Inputs& in) { in.observed.peak = 106; }, 13, Reason::kPeaks},
        Step{"PeaksWithinTheTolerance", 8, 64, [](Inputs& in) { in.observed.peak = 70; }, 8,
             Reason::kSteady},
        Step{"PeaksWithinTheBudget", 8, 64,
             [](Inputs& in) {
               in.observed.peak = 106;
               in.settings.budget.replicas = 2;
             },
             10, Reason::kPeaks},
        Step{"PeaksWithoutABudget", 8, 64,
             [](Inputs& in) {
               in.observed.peak = 300;
               in.settings.budget.replicas = 0;
             },
             8, Reason::kSteady},
        // 6.4 full replicas and two more, at 80 %; that is asked for in so many words.
        Step{"RoomForABurst", 8, 64,
             [](Inputs& in) {
               in.settings.reactive.burst_capacity = 2;
               in.settings.budget.replicas = 0;
             },
             11, Reason::kBurst},
        Step{"RoomWithinTheTolerance", 8, 64,
             [](Inputs& in) { in.settings.reactive.burst_capacity = 0.5; }, 8, Reason::kSteady},
        Step{"RoomOfNobodyKnowsWhat", 8, 64,
             [](Inputs& in) {
               in.settings.reactive.burst_capacity = 2;
               in.capacity = {};
             },
             8, Reason::kCapacityUnknown},
        Step{"Schedule", 8, 64, [](Inputs& in) { in.scheduled_floor = 12; }, 12, Reason::kFloor},
        Step{"Maximum", 8, 96, [](Inputs& in) { in.settings.replicas_max = 10; }, 10,
             Reason::kMaximum},
        Step{"Trigger", 8, 64, [](Inputs& in) { in.votes = {{"cpu", 9, ""}, {"queue", 11, ""}}; },
             11, Reason::kTrigger},
        Step{"BelowTheFloorAtOnce", 2, 4,
             [](Inputs& in) {
               in.settings.replicas_min = 40;
               in.settings.behavior.up.policies = {{PolicyType::kPods, 1}};
             },
             40, Reason::kFloor}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Down, DecideStepTest,
    testing::Values(
        Step{"LoadFitsFewer", 8, 48, as_it_is, 6, Reason::kLoadFitsFewer},
        Step{"AtMostByHalf", 8, 8, as_it_is, 4, Reason::kLoadFitsFewer},
        Step{"Stabilized", 8, 48,
             [](Inputs& in) { in.settings.behavior.down.stabilization_window = minutes(5); }, 8,
             Reason::kScaleDownStabilized},
        Step{"Limited", 8, 32,
             [](Inputs& in) {
               in.settings.behavior.down.policies = {{PolicyType::kPods, 1, minutes(1)}};
             },
             7, Reason::kScaleDownLimited},
        // The tail of the window was 56: seven must stay, though the moment needs five.
        Step{"TheTailDecides", 8, 40, [](Inputs& in) { in.observed.tail = {.requests = 56}; }, 7,
             Reason::kConsolidationUnsafe},
        // 60 would fit on seven at 95 %, but the reactive loop plans with 80 %.
        Step{"ConsolidationIsNoLooserThanThePlan", 8, 40,
             [](Inputs& in) {
               in.observed.tail = {.requests = 60};
               in.settings.consolidation.utilization_max = 0.95;
             },
             8, Reason::kConsolidationUnsafe},
        // What raises only: the tail says what has to stay.
        Step{"PeaksDoNotKeep", 8, 40, [](Inputs& in) { in.observed.peak = 70; }, 5,
             Reason::kLoadFitsFewer},
        // Four full replicas and one more, at 80 %.
        Step{"RoomForABurstStays", 8, 40,
             [](Inputs& in) { in.settings.reactive.burst_capacity = 1; }, 7,
             Reason::kLoadFitsFewer},
        // A rollout's surge, or pods that somebody else has: half of them is not what has to stay.
        Step{"PodsBeyondWhatIsAskedForKeepNothing", 4, 8, [](Inputs& in) { in.target.ready = 20; },
             2, Reason::kLoadFitsFewer},
        Step{"AHoleInTheWindow", 8, 40, [](Inputs& in) { in.observed.coverage = 0.5; }, 8,
             Reason::kConsolidationUnsafe},
        Step{"ForecastKeeps", 8, 40, [](Inputs& in) { in.forecasts = {forecast(48, 56)}; }, 7,
             Reason::kLoadFitsFewer},
        Step{"AFailedTriggerKeeps", 8, 40, [](Inputs& in) { in.votes = {{"cpu", {}, ""}}; }, 8,
             Reason::kSteady},
        // Five by what was seen; each of two that said nothing may be full.
        Step{"MissingPodsCountAsFull", 8, 40, [](Inputs& in) { in.observed.missing_pods = 2; }, 7,
             Reason::kLoadFitsFewer},
        Step{"ManyMissingPodsHold", 8, 40, [](Inputs& in) { in.observed.missing_pods = 5; }, 8,
             Reason::kPodsMissing},
        Step{"AboveTheMaximumAtOnce", 20, 160, [](Inputs& in) { in.settings.replicas_max = 10; },
             10, Reason::kMaximum},
        // Engines tell how large their cache is at once, and it is nearly empty.
        Step{"ACacheWithRoomIsNoReplicaWithRoom", 8, 40, cache_alone, 8, Reason::kCapacityUnknown},
        Step{"UnlessThatIsWhatThePolicySays", 8, 40,
             [](Inputs& in) {
               cache_alone(in);
               in.capacity.kv_source = CapacitySource::kConfigured;
             },
             4, Reason::kLoadFitsFewer},
        Step{"AnEmptyQueueDoesNotSayEither", 8, 40,
             [](Inputs& in) {
               cache_alone(in);
               in.votes = {{"queue", 0, ""}};
             },
             8, Reason::kCapacityUnknown},
        Step{"NorDoesAShortOne", 8, 40,
             [](Inputs& in) {
               cache_alone(in);
               in.votes = {{"queue", 1, ""}, {"memory", 4, ""}};
             },
             8, Reason::kCapacityUnknown},
        Step{"OrNobodyAsksAnything", 8, 0,
             [](Inputs& in) {
               cache_alone(in);
               in.observed.stable.kv = in.observed.panic.kv = in.observed.tail.kv = 0;
             },
             4, Reason::kLoadFitsFewer},
        Step{"OrATriggerByCpuKnows", 8, 40,
             [](Inputs& in) {
               cache_alone(in);
               in.votes = {{"cpu", 6, "", true}};
             },
             6, Reason::kLoadFitsFewer},
        Step{"FloorHolds", 8, 8, [](Inputs& in) { in.settings.replicas_min = 8; }, 8,
             Reason::kSteady}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(DecideTest, ARestartInARolloutKeepsWhatIsAskedFor) {
  Inputs inputs = serving(0, 4, 8);
  inputs.target.starting = {{kStartMs - 5'000, 4}};  // maxSurge: 100 %
  const Decision decision = decide(inputs, {}).decision;
  EXPECT_EQ(decision.supply, 8);
  EXPECT_EQ(decision.desired, 4);
}

// One of eight, or a tenth of fifty, in a start; without a measured start nothing paces.
TEST(DecideTest, StartsPaceTheWayDown) {
  const auto after = [](int replicas, std::optional<milliseconds> lead, int seconds_since) {
    Inputs inputs = serving(seconds_since, replicas, 8);
    inputs.lead = lead;
    State state = settled(replicas);
    state.reactive.measured_ms = inputs.now_ms;
    state.shrunk_ms = kStartMs;
    return decide(inputs, state);
  };
  EXPECT_EQ(after(8, seconds(90), 89).decision.desired, 8);
  EXPECT_EQ(after(8, seconds(90), 89).decision.reason, Reason::kScaleDownLimited);
  const Outcome one = after(8, seconds(90), 90);
  EXPECT_EQ(one.decision.desired, 7);
  EXPECT_EQ(one.state.shrunk_ms, kStartMs) << "a decision has not shrunk anything yet";
  EXPECT_EQ(after(50, seconds(90), 90).decision.desired, 45);
  EXPECT_EQ(after(8, std::nullopt, 1).decision.desired, 4) << "by half, as ever";
  EXPECT_EQ(after(8, std::chrono::hours(20), 1'800).decision.desired, 7)
      << "half an hour is the most";
}

TEST(DecideTest, AShrinkThatIsNotMadeYetDoesNotPace) {
  Inputs inputs = serving(0, 50, 8);
  inputs.lead = seconds(90);
  State state = settled(50);
  state.reactive.measured_ms = inputs.now_ms;
  Outcome first = decide(inputs, state);
  EXPECT_EQ(first.decision.write, 45) << "the first one keeps the pace, too";

  // Its victims are marked first, or the API server refuses it: it is decided again.
  inputs.now_ms += 1'000;
  Outcome again = decide(inputs, std::move(first.state));
  EXPECT_EQ(again.decision.write, 45);

  inputs.now_ms += 1'000;
  inputs.target.replicas = 45;
  const Outcome made = decide(inputs, std::move(again.state));
  EXPECT_EQ(made.state.shrunk_ms, inputs.now_ms);
  EXPECT_EQ(made.decision.desired, 45);
  EXPECT_EQ(made.decision.reason, Reason::kScaleDownLimited);
}

void no_metrics(Inputs& inputs) {
  inputs.observed.stable = {};
  inputs.observed.panic = {};
}

INSTANTIATE_TEST_SUITE_P(
    Missing, DecideStepTest,
    testing::Values(Step{"NoMetricsHold", 8, 0, no_metrics, 8, Reason::kMetricsMissing},
                    Step{"NoMetricsHoldAgainstTheForecast", 8, 0,
                         [](Inputs& in) {
                           no_metrics(in);
                           in.forecasts = {forecast(500, 900)};
                         },
                         8, Reason::kMetricsMissing},
                    Step{"NoMetricsStillKeepTheFloor", 8, 0,
                         [](Inputs& in) {
                           no_metrics(in);
                           in.scheduled_floor = 10;
                         },
                         10, Reason::kFloor},
                    Step{"NoMetricsNeverShrinkByATrigger", 8, 0,
                         [](Inputs& in) {
                           no_metrics(in);
                           in.votes = {{"cpu", 3, ""}};
                         },
                         8, Reason::kMetricsMissing},
                    Step{"NoMetricsGrowByATrigger", 8, 0,
                         [](Inputs& in) {
                           no_metrics(in);
                           in.votes = {{"cpu", 12, ""}};
                         },
                         12, Reason::kTrigger},
                    Step{"AStalePanicWindowHolds", 8, 8, [](Inputs& in) { in.observed.panic = {}; },
                         8, Reason::kMetricsMissing},
                    Step{"ZeroTrafficIsData", 8, 0, as_it_is, 4, Reason::kLoadFitsFewer},
                    Step{"NoCapacityHolds", 8, 8, [](Inputs& in) { in.capacity = {}; }, 8,
                         Reason::kCapacityUnknown},
                    // As a HorizontalPodAutoscaler: nothing to consolidate by.
                    Step{"TriggersAloneShrink", 8, 8,
                         [](Inputs& in) {
                           in.capacity = {};
                           in.votes = {{"cpu", 5, ""}};
                         },
                         5, Reason::kLoadFitsFewer}),
    [](const auto& test) { return std::string(test.param.name); });

void idle(Inputs& inputs) {
  inputs.settings.scale_to_zero = {.enabled = true, .idle = minutes(10)};
  inputs.observed.active_ms = inputs.now_ms - 600'000;
}

INSTANTIATE_TEST_SUITE_P(Zero, DecideStepTest,
                         testing::Values(Step{"Idle", 3, 0, idle, 0, Reason::kIdle},
                                         Step{"NotLongEnough", 1, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                *in.observed.active_ms += 1;
                                              },
                                              1, Reason::kSteady},
                                         Step{"NobodyKnowsWhenTheLastRequestCame", 1, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.observed.active_ms.reset();
                                              },
                                              1, Reason::kSteady},
                                         Step{"AMissingPodMayBeServing", 1, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.observed.missing_pods = 1;
                                              },
                                              1, Reason::kSteady},
                                         Step{"NobodyWouldHoldWhoComesNext", 1, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.observed.hold_ready = false;
                                              },
                                              1, Reason::kSteady},
                                         Step{"AScheduleKeepsIt", 1, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.scheduled_floor = 1;
                                              },
                                              1, Reason::kSteady},
                                         Step{"AForecastKeepsIt", 1, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.forecasts = {forecast(0.5, 1)};
                                              },
                                              1, Reason::kSteady},
                                         Step{"ATraceOfAForecastDoesNot", 1, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.forecasts = {forecast(0.5, 0.9)};
                                              },
                                              0, Reason::kIdle},
                                         Step{"ATriggerKeepsIt", 3, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.votes = {{"cpu", 3, ""}};
                                              },
                                              3, Reason::kSteady},
                                         Step{"AFailedTriggerKeepsIt", 1, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.votes = {{"cpu", {}, ""}};
                                              },
                                              1, Reason::kSteady},
                                         Step{"ATriggerThatAsksForTheLeastDoesNot", 3, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.votes = {{"cpu", 1, ""}};
                                              },
                                              0, Reason::kIdle},
                                         Step{"OnlyWhereAskedFor", 1, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.settings.scale_to_zero.enabled = false;
                                              },
                                              1, Reason::kSteady},
                                         Step{"Asleep", 0, 0, idle, 0, Reason::kIdle},
                                         Step{"AHeldRequestWakes", 0, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                no_metrics(in);
                                                in.observed.held_requests = 1;
                                              },
                                              1, Reason::kActivation},
                                         Step{"WakesToTheFloorAtOnce", 0, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.settings.replicas_min = 3;
                                                in.settings.behavior.up.policies = {
                                                    {PolicyType::kPercent, 100}};
                                                in.observed.held_requests = 1;
                                              },
                                              3, Reason::kActivation},
                                         Step{"WhereNobodyHoldsItIsAwake", 0, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.observed.hold_ready = false;
                                                in.observed.unheld = milliseconds(60'000);
                                              },
                                              1, Reason::kUnheld},
                                         Step{"WhoHoldsMayBeReplaced", 0, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.observed.hold_ready = false;
                                                in.observed.unheld = milliseconds(59'000);
                                              },
                                              0, Reason::kIdle},
                                         Step{"AForecastWakesBeforeTheFirstRequest", 0, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.forecasts = {forecast(10, 20)};
                                              },
                                              3, Reason::kForecast},
                                         Step{"AForecastWakesTheFloorAtLeast", 0, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.settings.replicas_min = 5;
                                                in.forecasts = {forecast(10, 20)};
                                              },
                                              5, Reason::kForecast},
                                         Step{"AScheduleWakes", 0, 0,
                                              [](Inputs& in) {
                                                idle(in);
                                                in.scheduled_floor = 2;
                                              },
                                              2, Reason::kFloor},
                                         Step{"APersonsZeroIsAPause", 0, 0,
                                              [](Inputs& in) { in.observed.held_requests = 9; }, 0,
                                              Reason::kPaused}),
                         [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Modes, DecideStepTest,
    testing::Values(Step{"Off", 8, 96, [](Inputs& in) { in.settings.mode = Mode::kOff; }, 8,
                         Reason::kOff},
                    Step{"AdviseOnlySays", 8, 96,
                         [](Inputs& in) { in.settings.mode = Mode::kAdvise; }, 12, Reason::kLoad},
                    Step{"AnotherScaler", 8, 96,
                         [](Inputs& in) { in.target.other_scaler = "HorizontalPodAutoscaler web"; },
                         12, Reason::kLoad}),
    [](const auto& test) { return std::string(test.param.name); });

const Finding& condition(const Decision& decision, const std::string& type) {
  const auto found = std::ranges::find(decision.conditions, type, &Finding::type);
  EXPECT_NE(found, decision.conditions.end()) << type;
  return *found;
}

std::string text(const Decision& decision, const std::string& type) {
  const Finding& found = condition(decision, type);
  return std::string(json::name_of(found.status)) + " " + found.reason;
}

TEST(DecideTest, ConditionsOfAGoodDay) {
  const Decision decision = decide(serving(0, 8, 64), {}).decision;
  EXPECT_EQ(text(decision, "ScalingActive"), "True Enforcing");
  EXPECT_EQ(text(decision, "MetricsAvailable"), "True Fresh");
  EXPECT_EQ(text(decision, "CapacityStarved"), "False AsExpected");
  EXPECT_EQ(text(decision, "Conflict"), "False NoOtherScaler");
}

TEST(DecideTest, ConditionsSayWhatIsWrong) {
  Inputs inputs = serving(0, 8, 64);
  inputs.target.other_scaler = "HorizontalPodAutoscaler web";
  inputs.observed.missing_pods = 1;
  Decision decision = decide(inputs, {}).decision;
  EXPECT_EQ(decision.withheld, Withheld::kConflict);
  EXPECT_EQ(text(decision, "ScalingActive"), "False Conflict");
  EXPECT_EQ(text(decision, "Conflict"), "True AnotherScaler");
  EXPECT_EQ(condition(decision, "Conflict").message,
            "HorizontalPodAutoscaler web scales the same target; remove it, or set mode: Advise");
  EXPECT_EQ(text(decision, "MetricsAvailable"), "True PodsMissing");

  inputs = serving(0, 8, 64);
  inputs.settings.mode = Mode::kAdvise;
  inputs.capacity = {};
  decision = decide(inputs, {}).decision;
  EXPECT_EQ(text(decision, "ScalingActive"), "False Advising");
  EXPECT_EQ(text(decision, "MetricsAvailable"), "False CapacityUnknown");

  inputs = serving(0, 8, 64);
  cache_alone(inputs);
  EXPECT_EQ(text(decide(inputs, {}).decision, "MetricsAvailable"), "False CapacityUnknown");
  inputs.votes = {{"queue", 1, ""}};
  EXPECT_EQ(text(decide(inputs, {}).decision, "MetricsAvailable"), "False CapacityUnknown");
  inputs.votes = {{"cpu", 6, "", true}};
  EXPECT_EQ(text(decide(inputs, {}).decision, "MetricsAvailable"), "True Fresh");

  inputs = serving(0, 8, 64);
  inputs.settings.mode = Mode::kAdvise;
  Inputs outliving = serving(0, 8, 64);  // pods that a target of zero has not taken away yet
  outliving.target.replicas = 0;
  EXPECT_EQ(text(decide(outliving, {}).decision, "MetricsAvailable"), "True Fresh");

  no_metrics(inputs);
  EXPECT_EQ(text(decide(inputs, {}).decision, "MetricsAvailable"), "False MetricsMissing");
  inputs.target.replicas = inputs.target.ready = 0;
  EXPECT_EQ(text(decide(inputs, {}).decision, "MetricsAvailable"), "True AtZero");
}

TEST(DecideTest, CandidatesShowWhatEachPartAskedFor) {
  Inputs inputs = serving(0, 8, 64);
  inputs.forecasts = {forecast(72, 120)};
  inputs.settings.budget.replicas = 2;
  inputs.votes = {{"cpu", 5, ""}};
  inputs.observed.peak = 106;
  inputs.settings.reactive.burst_capacity = 1;
  const Decision decision = decide(inputs, settled(8)).decision;
  EXPECT_EQ(decision.candidates, (std::vector<Candidate>{{CandidateKind::kReactive, 8},
                                                         {CandidateKind::kPeaks, 10},
                                                         {CandidateKind::kBurst, 10},
                                                         {CandidateKind::kTriggers, 5},
                                                         {CandidateKind::kPredictive, 15},
                                                         {CandidateKind::kBudgeted, 10},
                                                         {CandidateKind::kFloor, 1}}));
  EXPECT_EQ(decision.recommended, 10);
}

}  // namespace
}  // namespace penstock::autoscale
