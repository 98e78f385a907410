#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "operator/autoscale/scaler.h"

// What the one forecast says of nodes: further ahead than of pods.
namespace penstock::autoscale {
namespace {

// One pod that carries `requests` a second, of which a replica carries 5.
Sight sight(std::int64_t second, double requests) {
  PodSight pod{.name = "a", .created = time_of(0), .ready_since = time_of(0)};
  pod.signals = Signals{.requests_per_s = requests};
  return {.now = time_of(1'790'000'040'000 + second * 1'000), .replicas = 1, .pods = {pod}};
}

ScalerSettings settings() {
  ScalerSettings result;
  result.decisions.replicas_max = 100;
  result.configured.requests = 5;
  return result;
}

TEST(NodeForecastTest, WithoutAForecastItSaysNothing) {
  Scaler scaler("ns/chat", settings());
  scaler.tick(sight(0, 20));
  const NodeForecast found = scaler.node_forecast(sight(0, 0).now, 0.9);
  EXPECT_FALSE(found.replicas);
  EXPECT_EQ(found.lead.duration, LeadTimePriors().node);
  EXPECT_FALSE(found.lead.measured);
}

TEST(NodeForecastTest, ARiseIsSeenANodesLeadTimeAhead) {
  Scaler scaler("ns/chat", settings());
  const auto load = [](std::int64_t minute) {
    return 50 - 40 * std::cos(2 * std::numbers::pi * static_cast<double>(minute % 1'440) / 1'440);
  };
  std::int64_t minute = 0;
  for (; minute < 5 * 1'440 + 360; ++minute) {
    scaler.tick(sight(minute * 60, load(minute)));
  }
  const Sight now = sight(minute * 60, load(minute));
  const DecisionRecord record = scaler.tick(now);
  const NodeForecast nodes = scaler.node_forecast(now.now, 0.5);
  ASSERT_TRUE(nodes.replicas);
  // At 80 % a replica for each 4 requests a second.
  EXPECT_NEAR(*nodes.replicas, load(minute + 7) / 4, 1);
  EXPECT_GE(*scaler.node_forecast(now.now, 0.99).replicas, *nodes.replicas);
  EXPECT_GT(nodes.lead.duration, scaler.lead_time().duration) << "further than for a pod";
  EXPECT_GT(record.decision.recommended, 0);
}

TEST(NodeForecastTest, StartsThatWaitedForANodeAreMeasuredApart) {
  Scaler scaler("ns/chat", settings());
  for (int i = 0; i < 3; ++i) {
    Sight seen = sight(i * 1'000, 1);
    PodSight pod{.name = "b" + std::to_string(i), .created = seen.now, .path = StartPath::kNode};
    seen.pods.push_back(pod);
    scaler.tick(seen);
    seen.now += milliseconds(300'000);
    seen.pods.back().ready_since = seen.now;
    scaler.tick(seen);
  }
  const LeadTime lead = scaler.node_forecast(sight(4'000, 0).now, 0.9).lead;
  EXPECT_TRUE(lead.measured);
  EXPECT_EQ(lead.duration, milliseconds(300'000));
}

}  // namespace
}  // namespace penstock::autoscale
