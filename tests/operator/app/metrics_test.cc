#include "operator/app/metrics.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::control {
namespace {

// An increase from nothing to one is none to Prometheus.
TEST(MetricsTest, TheFirstReviewThatFailsIsAnIncrease) {
  Metrics metrics({.leads = [] { return 1.0; }, .queued = [] { return 0.0; }, .objects = {}}, 0);
  const std::string invalid = "\npenstock_operator_webhook_reviews_total{outcome=\"invalid\"} ";
  const std::string answered = "\npenstock_operator_webhook_reviews_total{outcome=\"answered\"} ";
  EXPECT_TRUE(metrics.render().contains(invalid + "0\n"));
  EXPECT_TRUE(metrics.render().contains(answered + "0\n"));
  metrics.reviewed(false, std::chrono::milliseconds(1));
  EXPECT_TRUE(metrics.render().contains(invalid + "1\n"));
  EXPECT_TRUE(metrics.render().contains(answered + "0\n"));
}

}  // namespace
}  // namespace penstock::control
