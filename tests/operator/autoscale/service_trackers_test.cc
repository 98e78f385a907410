#include "operator/autoscale/service_trackers.h"

#include <gtest/gtest.h>

#include "tests/operator/autoscale/sights.h"

namespace penstock::autoscale {
namespace {

using std::chrono::seconds;

constexpr Objectives kPromised{.ttft_ms = 2'000, .itl_ms = 50};

PodSight pod(const std::string& accelerator, const Signals& said) {
  PodSight result = serving(kMonday, 1, 0).pods.front();
  result.name = accelerator;
  result.accelerator = accelerator;
  result.signals = said;
  return result;
}

class ServiceTrackersTest : public testing::Test {
 protected:
  void observe(int from_s, int to_s, const std::vector<PodSight>& pods) {
    std::vector<PodReport> reports;
    for (const PodSight& of_them : pods) {
      reports.push_back({of_them.signals});
    }
    const Demand all = total_demand(reports, kThousand);
    for (int second = from_s; second < to_s; ++second) {
      trackers_.observe({.now = kMonday + seconds(second), .pods = pods}, all, kThousand,
                        kPromised);
    }
  }

  [[nodiscard]] double served_by(const std::string& accelerator) const {
    return trackers_.look(accelerator, kThousand, kPromised).sustainable_per_s.value_or(0);
  }

  [[nodiscard]] double exact(const ServiceParameters& engine) const {
    const ServiceView view = trackers_.look("", kThousand, kPromised);  // of means
    return QueueModel(engine, kThousand, {}).sustainable(view.objectives).requests_per_s;
  }

  ServiceTrackers trackers_{95};
};

TEST_F(ServiceTrackersTest, EachAcceleratorIsLearnedByItself) {
  observe(0, 1'800, {pod("fast", modelled(8))});
  const double fast = served_by("fast");
  EXPECT_GT(fast, 8);
  EXPECT_EQ(served_by("slow"), 0) << "nobody has seen it";
  observe(1'800, 3'600, {pod("slow", modelled(2, slower(3)))});
  EXPECT_NEAR(served_by("fast"), fast, 0.01 * fast) << "of that nothing was seen since";
  EXPECT_GT(served_by("slow"), 1);
  EXPECT_LT(served_by("slow"), 0.6 * fast);
}

// What takes over is known by then.
TEST_F(ServiceTrackersTest, ThoseThatAreFewLearnBesideTheOthers) {
  observe(
      0, 1'800,
      {pod("fast", modelled(8)), pod("fast", modelled(8)), pod("slow", modelled(2, slower(3)))});
  EXPECT_GT(served_by("fast"), 8);
  EXPECT_GT(served_by("slow"), 1);
  EXPECT_LT(served_by("slow"), 0.6 * served_by("fast"));
}

// Three times slower than what they become.
TEST_F(ServiceTrackersTest, APodsFirstMinutesAreLeftOut) {
  PodSight young = pod("", modelled(2, slower(3)));
  young.ready_since = kMonday + seconds(1'100);
  observe(0, 600, {young});
  EXPECT_EQ(served_by(""), 0) << "of twenty half minutes";
  observe(600, 1'200, {pod("", modelled(8)), young});
  EXPECT_NEAR(served_by(""), exact({}), 0.05 * exact({}));
}

TEST_F(ServiceTrackersTest, TheOneNotSeenForLongestMakesRoom) {
  for (std::size_t i = 0; i < ServiceTrackers::kAcceleratorsMax; ++i) {
    const int from = static_cast<int>(i) * 600;
    observe(from, from + 600, {pod("gpu-" + std::to_string(i), modelled(8))});
  }
  EXPECT_GT(served_by("gpu-0"), 0);
  observe(5'000, 5'010, {pod("another", modelled(8))});
  EXPECT_EQ(served_by("gpu-0"), 0);
  EXPECT_GT(served_by("gpu-1"), 0);
}

TEST_F(ServiceTrackersTest, WhoeverHasReplicasIsNotForgotten) {
  std::vector<PodSight> pods;
  for (std::size_t i = 0; i < ServiceTrackers::kAcceleratorsMax; ++i) {
    pods.push_back(pod("gpu-" + std::to_string(i), modelled(8)));
  }
  observe(0, 600, pods);
  pods.push_back(pod("another", modelled(8)));
  observe(600, 1'200, pods);
  EXPECT_EQ(served_by("another"), 0);
  for (std::size_t i = 0; i < ServiceTrackers::kAcceleratorsMax; ++i) {
    EXPECT_GT(served_by("gpu-" + std::to_string(i)), 0) << i;
  }
}

TEST_F(ServiceTrackersTest, AClockThatIsSetBackStopsNothing) {
  observe(7'200, 7'201, {pod("", modelled(8))});
  observe(200, 800, {pod("", modelled(8))});
  EXPECT_GT(served_by(""), 0);
}

}  // namespace
}  // namespace penstock::autoscale
