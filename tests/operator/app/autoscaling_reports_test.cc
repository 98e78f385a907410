#include "operator/app/autoscaling_reports.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/temporary_folder.h"

namespace penstock::control {
namespace {

class AutoscalingReportsTest : public ::testing::Test {
 protected:
  // The value of a metric of the policy; `more` are further labels. Empty: it is not shown.
  [[nodiscard]] std::string shown(const std::string& name, const std::string& more = "") const {
    const std::string text = registry_.render();
    const std::string line =
        "\npenstock_autoscale_" + name + "{namespace=\"ns\",policy=\"chat\"" + more + "} ";
    const std::size_t at = text.find(line);
    return at == std::string::npos
               ? ""
               : text.substr(at + line.size(), text.find('\n', at + 1) - at - line.size());
  }

  autoscale::DecisionRecord record_ = [] {
    autoscale::DecisionRecord record{.target = "ns/chat"};
    record.inputs.observed.stable.requests = 7.5;
    record.inputs.forecasts = {{.mean = 10, .upper = {{0.5, 9}, {0.9, 14}}}};
    record.inputs.settings.budget.replica_picodollars_per_hour = 2'500'000'000'000;
    record.decision.current = 2;
    record.decision.desired = 3;
    record.decision.conditions = {
        {"ScalingActive", api::ConditionStatus::kTrue, "Enforcing", "m"},
        {"CapacityStarved", api::ConditionStatus::kFalse, "AsExpected", "m"}};
    return record;
  }();
  telemetry::Registry registry_;
  AutoscalingReports reports_{registry_, [](const std::string&, const std::string&) {}};
};

TEST_F(AutoscalingReportsTest, LoadForecastCostAndConditions) {
  reports_.decided(record_, {.duration = std::chrono::seconds(90)}, record_.decision.conditions);
  EXPECT_EQ(shown("requests_per_second"), "7.5");
  EXPECT_EQ(shown("forecast_requests_per_second", ",value=\"mean\""), "10");
  EXPECT_EQ(shown("forecast_requests_per_second", ",value=\"quantile\""), "14");
  EXPECT_EQ(shown("cost_usd_per_hour"), "7.5");
  EXPECT_EQ(shown("condition", ",type=\"ScalingActive\""), "1");
  EXPECT_EQ(shown("condition", ",type=\"CapacityStarved\""), "0");
  EXPECT_EQ(shown("lead_time_seconds"), "90");
}

TEST_F(AutoscalingReportsTest, APolicyThatIsScaledNoMoreIsNotShown) {
  reports_.decided(record_, {}, {});
  EXPECT_EQ(shown("desired_replicas"), "3");
  reports_.forgotten("ns/chat");
  EXPECT_EQ(shown("desired_replicas"), "");
  EXPECT_EQ(shown("condition", ",type=\"ScalingActive\""), "");
}

// What it showed last would stand beside what the new leader shows, for as long as it runs.
TEST_F(AutoscalingReportsTest, WhoLeadsNoMoreShowsNoPolicy) {
  reports_.decided(record_, {}, {});
  reports_.prepared("ns/other", api::NodeCapacityStatus{.headroom = 2});
  reports_.forget_all();
  EXPECT_FALSE(registry_.render().contains("_replicas{"));
  reports_.decided(record_, {}, {});
  EXPECT_EQ(shown("desired_replicas"), "3");
}

TEST_F(AutoscalingReportsTest, ALineIsWrittenOnceSomethingIsNews) {
  const fakes::TemporaryFolder folder;
  const std::string file = folder.path() / "decisions.jsonl";
  ASSERT_TRUE(reports_.record_to(file));
  const auto lines = [&] {
    std::ifstream read(file);
    return std::count(std::istreambuf_iterator<char>(read), {}, '\n');
  };
  record_.inputs.now_ms = 60'000;
  const auto decide = [&] {
    ++record_.inputs.now_ms;
    reports_.decided(record_, {}, {});
    return lines();
  };
  EXPECT_EQ(decide(), 1);
  EXPECT_EQ(decide(), 1) << "the same once more";
  record_.decision.conditions[0].message = "1 of 3 replicas";
  EXPECT_EQ(decide(), 1) << "numbers are no news";
  record_.decision.withheld = autoscale::Withheld::kAdvise;
  EXPECT_EQ(decide(), 2);
  record_.decision.write = 3;
  EXPECT_EQ(decide(), 3);
  record_.decision.conditions[1].status = api::ConditionStatus::kTrue;
  EXPECT_EQ(decide(), 4);
  record_.decision.conditions[0].reason = "Advising";
  EXPECT_EQ(decide(), 5);
  EXPECT_EQ(decide(), 5);
}

TEST_F(AutoscalingReportsTest, WhatBecameOfADecisionIsShown) {
  reports_.decided(record_, {},
                   {{"ScalingActive", api::ConditionStatus::kFalse, "WriteFailed", "m"}});
  EXPECT_EQ(shown("condition", ",type=\"ScalingActive\""), "0");
}

TEST_F(AutoscalingReportsTest, NodesAreShownAsLongAsAPolicyWantsThem) {
  reports_.prepared("ns/chat", api::NodeCapacityStatus{.headroom = 2, .missing = 1, .gpus = 8});
  EXPECT_EQ(shown("headroom_replicas"), "2");
  EXPECT_EQ(shown("headroom_gpus"), "8");
  EXPECT_EQ(shown("missing_replicas"), "1");
  reports_.prepared("ns/chat", std::nullopt);
  EXPECT_EQ(shown("headroom_replicas"), "");
  EXPECT_EQ(shown("headroom_gpus"), "");
  EXPECT_EQ(shown("missing_replicas"), "");
}

}  // namespace
}  // namespace penstock::control
