#include "tests/fakes/metrics_reference.h"

#include <memory>

#include <gtest/gtest.h>

#include "operator/app/autoscaling_reports.h"
#include "operator/app/metrics.h"
#include "operator/app/policy_gauges.h"

namespace penstock::control {
namespace {

const auto kTook = std::chrono::milliseconds(1);

TEST(MetricsReferenceTest, ListsExactlyTheMetricsThereAre) {
  const auto one = [] { return 1.0; };
  Metrics metrics({.leads = one, .queued = one, .objects = {{"pods", one}}}, 0);
  metrics.worked("OptimizationPolicy", true, kTook);
  metrics.called("GET", 200);
  metrics.reviewed(true, kTook);

  AutoscalingReports reports(metrics.registry(), [](const std::string&, const std::string&) {});
  autoscale::DecisionRecord record{.target = "ns/chat"};
  record.decision.desired = 1;
  reports.decided(record, {}, {});
  reports.prepared("ns/chat", api::NodeCapacityStatus{});

  kube::ObjectStore<reconcile::Policy> policies;
  const auto gauges = policy_gauges(metrics.registry(), policies, [] { return true; });
  auto policy = std::make_shared<reconcile::Policy>();
  policy->status = {{"conditions", {{{"type", "Accepted"}, {"status", "True"}}}},
                    {"pods", {{"selected", 1}}}};
  policies.put(policy);

  EXPECT_EQ(fakes::documented_metrics("The operator"), fakes::metrics_of(metrics.render()));
}

}  // namespace
}  // namespace penstock::control
