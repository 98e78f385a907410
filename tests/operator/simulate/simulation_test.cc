#include "operator/simulate/simulation.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "operator/simulate/penstock_scaler.h"
#include "operator/simulate/picture.h"
#include "operator/simulate/policy_file.h"
#include "operator/simulate/report.h"
#include "operator/simulate/sizing.h"

namespace penstock::simulate {
namespace {

constexpr autoscale::Time kBegin = autoscale::time_of(1'790'000'000'000);

// Says what it was told to, from a second on.
class Scripted final : public Autoscaler {
 public:
  Scripted(int second, int replicas)
      : from_(kBegin + std::chrono::seconds(second)), to_(replicas) {}
  int replicas(const autoscale::Sight& sight) override {
    ready_.push_back(0);
    for (const autoscale::PodSight& pod : sight.pods) {
      ready_.back() += pod.ready_since ? 1 : 0;
    }
    return sight.now >= from_ ? to_ : sight.replicas;
  }
  std::vector<int> ready_;  // of each second

 private:
  autoscale::Time from_;
  int to_;
};

Arrivals steady(double requests_per_s, int seconds) {
  Arrivals load;
  for (int i = 0; i < requests_per_s * seconds; ++i) {
    load.push_back({std::llround(i / requests_per_s * 1e6), 500, 50});
  }
  return load;
}

Setup setup(int replicas) {
  return {.fleet = {.start_s = 30, .start_spread = 0, .begin = kBegin}, .replicas = replicas};
}

TEST(SimulationTest, AReplicaServesAfterItsStartAndCostsFromTheWish) {
  Scripted scripted(10, 2);
  const Outcome run = simulate(steady(1, 100), scripted, setup(1));
  EXPECT_EQ(scripted.ready_.at(38), 1);
  EXPECT_EQ(scripted.ready_.at(39), 2);
  // The last request comes in second 99: 100 s of one, from the tenth on of the other.
  EXPECT_NEAR(run.summary.replica_hours * 3'600, 100 + 91, 1e-6);
  EXPECT_EQ(run.summary.changes, 1);
  EXPECT_EQ(run.summary.requests, 100);
  EXPECT_EQ(run.summary.attainment, 1);
}

// A replica that serves 1 ms before it is looked at got what had waited: of that second, not of its
// first millisecond.
TEST(SimulationTest, WhatComesAtAReplicasFirstMomentIsNoFlood) {
  class Watching final : public Autoscaler {
   public:
    int replicas(const autoscale::Sight& sight) override {
      for (const autoscale::PodSight& pod : sight.pods) {
        most_ = std::max(most_, pod.signals ? pod.signals->requests_per_s : 0);
      }
      return 1;
    }
    double most_ = 0;
  } watching;
  auto late = setup(0);
  late.fleet.start_s = 9.999;
  simulate(steady(2, 60), watching, late);
  EXPECT_GT(watching.most_, 10) << "the twenty that had waited";
  EXPECT_LE(watching.most_, 22);
}

TEST(SimulationTest, WhatIsBeforeTheJudgedPartCountsForNothing) {
  Scripted scripted(10, 2);
  auto judged = setup(1);
  judged.judged_from_s = 50;
  const Outcome run = simulate(steady(1, 100), scripted, judged);
  EXPECT_NEAR(run.summary.replica_hours * 3'600, 2 * 50, 1e-6);
  EXPECT_EQ(run.summary.changes, 0);
  EXPECT_NEAR(static_cast<double>(run.summary.requests), 50, 3);
}

TEST(SimulationTest, AReplicaThatGoesFinishesWhatItHolds) {
  Scripted scripted(5, 1);
  Arrivals load;
  for (int i = 0; i < 4; ++i) {
    load.push_back({4'900'000 + i, 100, 2'000});  // more than ten seconds each
  }
  load.push_back({60'000'000, 1, 1});
  const Outcome run = simulate(load, scripted, setup(2));
  EXPECT_EQ(run.summary.requests, 5);
  EXPECT_EQ(run.summary.attainment, 1);
  EXPECT_GT(run.summary.replica_hours * 3'600, 60 + 10);
  EXPECT_LT(run.summary.replica_hours * 3'600, 60 + 40);
}

TEST(SimulationTest, RequestsWaitForAFirstReplica) {
  Scripted scripted(5, 1);
  const Outcome run = simulate(steady(2, 60), scripted, setup(0));
  EXPECT_EQ(run.summary.requests, 120);
  EXPECT_NEAR(static_cast<double>(run.summary.backlog_most), 70, 2);  // 35 s of two a second
  EXPECT_LT(run.summary.attainment, 0.6);
}

TEST(SimulationTest, WhatNobodyServesIsMissed) {
  Scripted scripted(0, 0);
  const Outcome run = simulate(steady(2, 10), scripted, setup(0));
  EXPECT_EQ(run.summary.requests, 20);
  EXPECT_EQ(run.summary.attainment, 0);
}

TEST(SimulationTest, TheScalerFollowsAStepAndEveryDecisionReplays) {
  Arrivals load = steady(3, 1'800);
  for (const Arrival& more : steady(40, 1'800)) {
    load.push_back({more.at_us + 1'800'000'000, more.input_tokens, more.output_tokens});
  }
  autoscale::ScalerSettings settings;
  settings.decisions.replicas_max = 20;
  settings.decisions.objectives = {.ttft_ms = 2'000, .itl_ms = 50};
  int different = 0;
  PenstockScaler scaler(settings, [&](const autoscale::DecisionRecord& record) {
    const auto read = autoscale::read_line(autoscale::write_line(record));
    different += read && autoscale::replay(*read) == record.decision ? 0 : 1;
  });
  const Outcome run = simulate(load, scaler, setup(1));
  EXPECT_EQ(different, 0);
  EXPECT_GE(run.summary.replicas_most, 2);
  EXPECT_LE(run.summary.replicas_most, 8);
  // A replica more takes 30 s, in which 1.6 % of all requests come; to see the step takes some
  // more.
  EXPECT_GT(run.summary.attainment, 0.97);
  EXPECT_EQ(intervals_csv(run).substr(0, 5), "at_s,");
  EXPECT_NE(picture_html("<load>", run).find("&lt;load&gt;"), std::string::npos);
  PenstockScaler again(settings);
  EXPECT_EQ(simulate(load, again, setup(1)).summary, run.summary);
}

// Expects as many requests a second as seconds are over, a minute from now.
class Foretelling final : public Autoscaler {
 public:
  int replicas(const autoscale::Sight& sight) override {
    const std::chrono::duration<double> over = sight.now - kBegin;
    outlook_ = {.due = sight.now + std::chrono::minutes(1),
                .mean_per_s = over.count(),
                .quantile_per_s = 2 * over.count()};
    return sight.replicas;
  }
  [[nodiscard]] std::optional<Outlook> outlook() const override { return outlook_; }

 private:
  Outlook outlook_;
};

TEST(SimulationTest, AForecastStandsBesideTheLoadThatItWasFor) {
  Foretelling foretelling;
  auto minutes = setup(1);
  minutes.duration_s = 180;
  const Outcome run = simulate(steady(1, 180), foretelling, minutes);
  ASSERT_EQ(run.intervals.size(), 3U);
  EXPECT_FALSE(run.intervals[0].expected);
  // Of seconds 1 to 59, and 60 to 119.
  ASSERT_TRUE(run.intervals[1].expected);
  EXPECT_DOUBLE_EQ(run.intervals[1].expected->mean_per_s, 30);
  EXPECT_DOUBLE_EQ(run.intervals[1].expected->quantile_per_s, 60);
  ASSERT_TRUE(run.intervals[2].expected);
  EXPECT_DOUBLE_EQ(run.intervals[2].expected->mean_per_s, 89.5);
  EXPECT_EQ(intervals_csv(run),
            "at_s,requests_per_s,desired,ready,waiting,ended,missed,"
            "forecast_mean_per_s,forecast_quantile_per_s\n"
            "0.000,1.000,1.000,1.000,0,60,0,,\n"
            "60.000,1.000,1.000,1.000,0,60,0,30.000,60.000\n"
            "120.000,1.000,1.000,1.000,0,60,0,89.500,179.000\n");
  const std::string page = picture_html("load", run);
  // The largest is 179, so that the mean of the second minute is 160 - 30 / 179 x 156 down.
  EXPECT_NE(page.find("<polygon fill-opacity=\"0.2\" fill=\"#a855f7\" points=\"333.3,133.9 "
                      "666.7,82.0 666.7,4.0 333.3,107.7 \"/>"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("forecast for then"), std::string::npos) << "the legend";
}

TEST(SimulationTest, WhoForecastsNothingShowsNothing) {
  Scripted scripted(10, 2);
  const Outcome run = simulate(steady(1, 180), scripted, setup(1));
  EXPECT_FALSE(run.intervals.back().expected);
  EXPECT_NE(intervals_csv(run).find(",60,0,,\n"), std::string::npos);
  const std::string page = picture_html("load", run);
  EXPECT_EQ(page.find("forecast"), std::string::npos);
  EXPECT_EQ(page.find("polygon"), std::string::npos);
}

TEST(SimulationTest, TheScalersForecastIsShownOnceItIsTrained) {
  autoscale::ScalerSettings settings;
  settings.decisions.replicas_max = 20;
  PenstockScaler scaler(settings);
  const Outcome run = simulate(steady(2, 7'200), scaler, setup(1));
  EXPECT_FALSE(run.intervals.front().expected);
  ASSERT_TRUE(run.intervals.back().expected);
  EXPECT_NEAR(run.intervals.back().expected->mean_per_s, 2, 0.2);
  EXPECT_NEAR(run.intervals.back().expected->quantile_per_s, 2, 0.5);
  settings.decisions.predictive.enabled = false;
  PenstockScaler without(settings);
  EXPECT_FALSE(simulate(steady(2, 7'200), without, setup(1)).intervals.back().expected);
}

// Ten minutes of a request a second, of which one replica's batch tells next to nothing; then
// twenty. What the flood makes of a replica may ask for too many at first, not for long: those that
// it starts teach nothing for three minutes, and go one by one. By the load alone: what forecasts
// make of a step is theirs.
TEST(SimulationTest, AStepOnAnUnknownEngineTakesAsManyReplicasAsItNeeds) {
  Arrivals load;
  double at_s = 0;
  for (int i = 0; at_s < 2'700; ++i) {
    const double golden = i * 0.618034;
    at_s += 2 * (golden - std::floor(golden)) / (at_s < 600 ? 1 : 20);
    load.push_back({std::llround(at_s * 1e6), 500, 50});
  }
  autoscale::ScalerSettings settings;
  settings.decisions.replicas_max = 1'000;
  settings.decisions.objectives = {.ttft_ms = 2'000, .itl_ms = 100};
  settings.decisions.predictive.enabled = false;
  const Promise promise{.ttft_s = 2, .tpot_s = 0.1};
  // Four times slower than what the filter begins with; and slow in other things than that.
  for (const autoscale::ServiceParameters& service :
       {autoscale::ServiceParameters{.a = 24, .b = 0.2, .g = 8e-5},
        autoscale::ServiceParameters{.a = 5, .b = 0.3, .g = 2e-5}}) {
    auto unknown = setup(1);
    unknown.fleet.engine.service = service;
    unknown.promise = promise;
    unknown.judged_from_s = 900;
    PenstockScaler scaler(settings);
    const Outcome run = simulate(load, scaler, unknown);
    const double exact = sustainable_per_s(unknown.fleet.engine, shape_of(load), promise);
    EXPECT_LE(run.intervals.back().desired, 20 / exact / settings.decisions.utilization + 1);
    EXPECT_GT(run.summary.attainment, 0.99);
  }
}

std::shared_ptr<const zoneinfo::TimeZone> utc_only(const std::string& name) {
  return name == "UTC" ? std::make_shared<const zoneinfo::TimeZone>() : nullptr;
}

constexpr const char* kPolicy =
    "apiVersion: penstock.dev/v1alpha1\nkind: OptimizationPolicy\nmetadata: {name: p}\n"
    "spec: {selector: {matchLabels: {app: llm}}";

TEST(PolicyFileTest, ReadsAPolicyAndRefusesWhatItDoesNotKnow) {
  const std::string policy_text = kPolicy;
  const auto policy =
      read_policy_file(policy_text +
                           ", autoscaling: {mode: Advise, target: {name: a}, maxReplicas: 7, "
                           "objectives: {percentile: 90}, capacity: {requestsPerSecond: 3.5}}}\n",
                       &utc_only);
  ASSERT_TRUE(policy) << policy.error().detail;
  EXPECT_EQ(policy->decisions.replicas_max, 7);
  EXPECT_EQ(policy->percentile, 90);
  EXPECT_EQ(policy->configured.requests, 3.5);
  EXPECT_EQ(policy->decisions.mode, autoscale::Mode::kEnforce) << "what it would do is asked";
  const auto wrong = read_policy_file(
      policy_text + ", autoscaling: {target: {name: a}, maxReplica: 7}}\n", &utc_only);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().detail.find("spec.autoscaling.maxReplica"), std::string::npos);
  EXPECT_FALSE(read_policy_file(policy_text + "}\n", &utc_only)) << "nothing to scale by";
  const auto nowhere = read_policy_file(
      policy_text +
          ", autoscaling: {target: {name: a}, maxReplicas: 7, schedules: [{name: a, start: "
          "\"08:00\", end: \"09:00\", timeZone: Mars/Base, minReplicas: 2}]}}\n",
      &utc_only);
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().detail.find("spec.autoscaling.schedules[0].timeZone"),
            std::string::npos);
}

}  // namespace
}  // namespace penstock::simulate
