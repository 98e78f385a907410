#include "operator/autoscale/policy_settings.h"

#include <gtest/gtest.h>

#include "lib/json/read.h"

namespace penstock::autoscale {
namespace {

ScalerSettings settings(const std::string& yaml) {
  const json::Text text = json::parse_yaml(yaml);
  api::AutoscalingSpec spec;
  json::Reader reader(json::Strictness::kStrict);
  json::read(reader, text.documents.at(0).value, spec);
  EXPECT_TRUE(reader.errors().empty());
  return settings_of(spec);
}

TEST(PolicySettingsTest, DefaultsAreThoseOfTheDecisionsThemselves) {
  const ScalerSettings made = settings("{target: {name: a}, maxReplicas: 10}");
  Settings wanted;
  EXPECT_EQ(made.decisions, wanted);
  EXPECT_EQ(made.percentile, 95);
  EXPECT_EQ(made.panic_window, milliseconds(6'000));
  EXPECT_EQ(made.configured, Load{});
}

TEST(PolicySettingsTest, EveryFieldArrives) {
  const ScalerSettings made = settings(
      "{mode: Advise, target: {name: a}, minReplicas: 2, maxReplicas: 40, utilizationPercent: 70, "
      "objectives: {percentile: 99, timeToFirstToken: 800ms, timePerOutputToken: 40ms}, "
      "capacity: {requestsPerSecond: 4.5, prefillTokensPerSecond: 9000, decodeTokensPerSecond: "
      "1500, cacheTokens: 91000}, reactive: {stableWindow: 2m, panicWindow: 10s, "
      "panicThresholdPercent: 150, tolerancePercent: 5, scaleDownDelay: 30s}, predictive: "
      "{enabled: false, quantilePercent: 95, budgetReplicas: 4}, behavior: {scaleUp: {policies: "
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
  EXPECT_FALSE(decisions.predictive.enabled);
  EXPECT_DOUBLE_EQ(decisions.predictive.quantile, 0.95);
  EXPECT_EQ(decisions.budget.replicas, 4);
  EXPECT_EQ(decisions.behavior.up.policies,
            (std::vector<ScalingPolicy>{{PolicyType::kPods, 8, milliseconds(30'000)}}));
  EXPECT_EQ(decisions.behavior.down.stabilization_window, milliseconds(600'000));
  EXPECT_EQ(decisions.behavior.down.select, SelectPolicy::kMin);
  EXPECT_EQ(decisions.behavior.down.policies, Behavior().down.policies) << "the default's";
  EXPECT_EQ(decisions.scale_to_zero, (ScaleToZero{.enabled = true, .idle = milliseconds(900'000)}));
  EXPECT_EQ(decisions.start_deadline, milliseconds(1'200'000));
  EXPECT_EQ(decisions.drift_respected, milliseconds(3'600'000));
}

}  // namespace
}  // namespace penstock::autoscale
