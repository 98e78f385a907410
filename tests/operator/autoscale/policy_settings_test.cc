#include "operator/autoscale/policy_settings.h"

#include <gtest/gtest.h>

#include "lib/json/read.h"
#include "lib/zoneinfo/zone_files.h"

namespace penstock::autoscale {
namespace {

ScalerSettings settings(const std::string& yaml) {
  const json::Text text = json::parse_yaml(yaml);
  api::AutoscalingSpec spec;
  json::Reader reader(json::Strictness::kStrict);
  json::read(reader, text.documents.at(0).value, spec);
  EXPECT_TRUE(reader.errors().empty());
  return settings_of(spec, &zoneinfo::load_zone);
}

TEST(PolicySettingsTest, DefaultsAreThoseOfTheDecisionsThemselves) {
  const ScalerSettings made = settings("{target: {name: a}, maxReplicas: 10}");
  Settings wanted;
  EXPECT_EQ(made.decisions, wanted);
  EXPECT_EQ(made.percentile, 95);
  EXPECT_EQ(made.panic_window, ScalerSettings{}.panic_window);
  EXPECT_EQ(made.configured, Load{});
  EXPECT_EQ(made.burst_requests, 0);
}

TEST(PolicySettingsTest, AShortStableWindowShortensThePanicWindowThatNobodyGave) {
  const auto panic = [](const std::string& reactive) {
    return settings("{target: {name: a}, maxReplicas: 9, reactive: {" + reactive + "}}")
        .panic_window;
  };
  EXPECT_EQ(panic("stableWindow: 10s"), milliseconds(10'000));
  EXPECT_EQ(panic("stableWindow: 1m"), milliseconds(20'000));
  EXPECT_EQ(panic("stableWindow: 10s, panicWindow: 5s"), milliseconds(5'000));
}

TEST(PolicySettingsTest, EveryFieldArrives) {
  const ScalerSettings made = settings(
      "{mode: Advise, target: {name: a}, minReplicas: 2, maxReplicas: 40, utilizationPercent: 70, "
      "objectives: {percentile: 99, timeToFirstToken: 800ms, timePerOutputToken: 40ms}, "
      "capacity: {requestsPerSecond: 4.5, prefillTokensPerSecond: 9000, decodeTokensPerSecond: "
      "1500, cacheTokens: 91000}, reactive: {stableWindow: 2m, panicWindow: 10s, "
      "panicThresholdPercent: 150, tolerancePercent: 5, scaleDownDelay: 30s, burstRequests: 40}, "
      "predictive: "
      "{enabled: false, quantilePercent: 95, budgetReplicas: 4, budgetUsdPerHour: \"30\"}, "
      "replicaUsdPerHour: \"12.5\", behavior: {scaleUp: {policies: "
      "[{type: Pods, value: 8, period: 30s}]}, scaleDown: {stabilizationWindow: 10m, selectPolicy: "
      "Min}}, scaleToZero: {idle: 15m}, startDeadline: 20m, manualChangeStands: 1h}");
  const Settings& decisions = made.decisions;
  EXPECT_EQ(decisions.mode, Mode::kAdvise);
  EXPECT_EQ(decisions.replicas_min, 2);
  EXPECT_EQ(decisions.replicas_max, 40);
  EXPECT_DOUBLE_EQ(decisions.utilization, 0.7);
  EXPECT_EQ(decisions.objectives, (Objectives{.ttft_ms = 800, .itl_ms = 40}));
  EXPECT_EQ(made.percentile, 99);
  EXPECT_EQ(made.configured,
            (Load{.requests = 4.5, .prefill = 9'000, .decode = 1'500, .kv = 91'000}));
  EXPECT_EQ(decisions.reactive.stable_window, milliseconds(120'000));
  EXPECT_EQ(made.panic_window, milliseconds(10'000));
  EXPECT_DOUBLE_EQ(decisions.reactive.panic_threshold, 1.5);
  EXPECT_DOUBLE_EQ(decisions.reactive.tolerance, 0.05);
  EXPECT_EQ(decisions.reactive.scale_down_delay, milliseconds(30'000));
  EXPECT_EQ(made.burst_requests, 40);
  EXPECT_FALSE(decisions.predictive.enabled);
  EXPECT_DOUBLE_EQ(decisions.predictive.quantile, 0.95);
  EXPECT_EQ(decisions.budget, (Budget{.replicas = 4,
                                      .picodollars_per_hour = 30'000'000'000'000,
                                      .replica_picodollars_per_hour = 12'500'000'000'000}));
  EXPECT_EQ(decisions.behavior.up.policies,
            (std::vector<ScalingPolicy>{{PolicyType::kPods, 8, milliseconds(30'000)}}));
  EXPECT_EQ(decisions.behavior.down.stabilization_window, milliseconds(600'000));
  EXPECT_EQ(decisions.behavior.down.select, SelectPolicy::kMin);
  EXPECT_EQ(decisions.behavior.down.policies, Behavior().down.policies) << "the default's";
  EXPECT_EQ(decisions.scale_to_zero, (ScaleToZero{.enabled = true, .idle = milliseconds(900'000)}));
  EXPECT_EQ(decisions.start_deadline, milliseconds(1'200'000));
  EXPECT_EQ(decisions.drift_respected, milliseconds(3'600'000));
}

TEST(PolicySettingsTest, Schedules) {
  const ScalerSettings made = settings(
      "{target: {name: a}, maxReplicas: 10, schedules: [{name: office, days: [Monday, Sunday], "
      "start: \"08:30\", end: \"24:00\", timeZone: Europe/Berlin, minReplicas: 6}, {name: always, "
      "start: \"00:00\", end: \"00:00\", minReplicas: 2}]}");
  ASSERT_EQ(made.schedules.size(), 2U);
  const WeeklyFloor& office = made.schedules[0];
  EXPECT_EQ(office.weekdays.to_string(), "0000011");
  EXPECT_EQ(office.from, minutes(8 * 60 + 30));
  EXPECT_EQ(office.until, minutes(24 * 60));
  EXPECT_EQ(office.replicas, 6);
  ASSERT_NE(office.zone, nullptr);
  EXPECT_EQ(office.zone->offset_at(std::chrono::sys_days(std::chrono::year(2026) / 7 / 1)),
            std::chrono::hours(2));
  EXPECT_TRUE(made.schedules[1].weekdays.all()) << "no days are all days";
}

TEST(PolicySettingsTest, AnUnknownZoneIsToldByItsPath) {
  api::AutoscalingSpec spec;
  spec.schedules = {{.name = "a", .start = "08:00", .end = "09:00"},
                    {.name = "b", .start = "08:00", .end = "09:00", .time_zone = "Mars/Base"}};
  EXPECT_EQ(zone_errors(spec, &zoneinfo::load_zone),
            (std::vector<std::string>{"spec.autoscaling.schedules[1].timeZone is no zone of the "
                                      "time zone database: Mars/Base"}));
}

TEST(PolicySettingsTest, Triggers) {
  const ScalerSettings made = settings(
      "{target: {name: a}, maxReplicas: 10, triggers: [{type: Memory, utilizationPercent: 70}, "
      "{type: QueueDepth, waitingPerReplica: 3}, {type: TimeToFirstToken, threshold: 2s}, {type: "
      "TimePerOutputToken, threshold: 80ms, sustained: 1m}]}");
  using enum api::ScalingTriggerType;
  ASSERT_EQ(made.triggers.size(), 4U);
  EXPECT_EQ(made.triggers[0].type, kMemory);
  EXPECT_EQ(made.triggers[0].utilization_percent, 70);
  EXPECT_EQ(made.triggers[1].type, kQueueDepth);
  EXPECT_EQ(made.triggers[1].waiting_per_replica, 3);
  EXPECT_EQ(made.triggers[2].type, kTimeToFirstToken);
  EXPECT_EQ(made.triggers[2].threshold, milliseconds(2'000));
  EXPECT_EQ(made.triggers[2].sustained, milliseconds(30'000));
  EXPECT_EQ(made.triggers[3].type, kTimePerOutputToken);
  EXPECT_EQ(made.triggers[3].sustained, milliseconds(60'000));
}

}  // namespace
}  // namespace penstock::autoscale
