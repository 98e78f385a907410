#include "operator/simulate/nodes.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/write.h"
#include "operator/simulate/simulation.h"

namespace penstock::simulate {
namespace {

using autoscale::StartPath;

constexpr autoscale::Time kBegin = autoscale::time_of(1'790'000'000'000);
constexpr double kHour_s = 3'600;

// As many replicas as are written down for the second, and what became of each.
class Course final : public Autoscaler {
 public:
  explicit Course(std::map<int, int> wanted) : wanted_(std::move(wanted)) {}
  int replicas(const autoscale::Sight& sight) override {
    ++second_;
    for (const autoscale::PodSight& pod : sight.pods) {
      if (pod.ready_since && !ready_at_.contains(pod.name)) {
        ready_at_[pod.name] = second_;
        path_[pod.name] = pod.path;
      }
    }
    return wanted_.contains(second_) ? wanted_.at(second_) : sight.replicas;
  }

  std::map<std::string, int> ready_at_;  // the second that it was first seen to serve
  std::map<std::string, StartPath> path_;

 private:
  std::map<int, int> wanted_;
  int second_ = 0;
};

// Replicas start in 30 s, nodes for two in 20 s; an empty one goes after 30 s. One replica is
// there.
Setup two_a_node(double duration_s) {
  return {.fleet = {.start_s = 30,
                    .start_spread = 0,
                    .nodes = NodeSettings{.start_s = 20, .replicas = 2, .idle_s = 30},
                    .begin = kBegin},
          .replicas = 1,
          .duration_s = duration_s};
}

TEST(NodesTest, AReplicaWithoutRoomWaitsForANode) {
  Course course({{10, 3}});
  const Outcome run = simulate({}, course, two_a_node(100));
  EXPECT_EQ(course.ready_at_, (std::map<std::string, int>{{"0", 1}, {"1", 40}, {"2", 60}}));
  EXPECT_EQ(course.path_["1"], StartPath::kPod) << "beside the first one";
  EXPECT_EQ(course.path_["2"], StartPath::kNode);
  // The second node costs from second 10 on, when it was asked for, to second 100.
  EXPECT_NEAR(run.summary.node_hours.value_or(0) * kHour_s, 100 + 91, 1e-6);
  EXPECT_NE(json::write(run.summary).dump().find("\"nodeHours\""), std::string::npos);
}

TEST(NodesTest, TwoReplicasShareTheNodeThatComes) {
  Course course({{10, 4}, {15, 5}});
  const Outcome run = simulate({}, course, two_a_node(100));
  // Of the five, one finds room, two have the node of 10 s, and the last one that of 15 s.
  EXPECT_EQ(course.ready_at_,
            (std::map<std::string, int>{{"0", 1}, {"1", 40}, {"2", 60}, {"3", 60}, {"4", 65}}));
  EXPECT_EQ(course.path_["3"], StartPath::kNode);
  EXPECT_NEAR(run.summary.node_hours.value_or(0) * kHour_s, 100 + 91 + 86, 1e-6);
}

TEST(NodesTest, AnEmptyNodeGoesAfterAWhile) {
  // From second 70 on the second node is empty. The replica of second 90 goes to the fuller one.
  Course course({{10, 3}, {70, 1}, {90, 2}});
  const Outcome run = simulate({}, course, two_a_node(200));
  EXPECT_EQ(course.ready_at_.at("3"), 120);
  EXPECT_EQ(course.path_["3"], StartPath::kPod);
  EXPECT_NEAR(run.summary.node_hours.value_or(0) * kHour_s, 200 + 90, 1e-6);
}

TEST(NodesTest, ANodeThatNobodyWaitsForAnyMoreComesAndGoes) {
  Course course({{10, 3}, {15, 1}});
  const Outcome run = simulate({}, course, two_a_node(200));
  // Ordered in second 10, there in second 30, gone in second 60.
  EXPECT_NEAR(run.summary.node_hours.value_or(0) * kHour_s, 200 + 50, 1e-6);
}

TEST(NodesTest, RoomThatBecomesFreeIsTakenBeforeTheNodeComes) {
  Nodes nodes({.start_s = 100, .replicas = 1}, 0, 1, 1);
  nodes.add(10, 1);
  EXPECT_TRUE(nodes.advance(10).empty());
  EXPECT_EQ(nodes.count(), 2);
  nodes.remove(20, 0);
  const std::vector<Placed> placed = nodes.advance(20);
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_EQ(placed.front().replica, 1);
  EXPECT_EQ(placed.front().at_s, 20);
  EXPECT_EQ(placed.front().path, StartPath::kPod);
  EXPECT_TRUE(nodes.advance(709).empty());
  EXPECT_EQ(nodes.count(), 2) << "ten minutes from second 110 on";
  nodes.advance(710);
  EXPECT_EQ(nodes.count(), 1);
}

TEST(NodesTest, EachNodeComesAtItsOwnMoment) {
  Nodes nodes({.start_s = 100, .replicas = 1}, 0.1, 1, 0);
  nodes.add(0, 5);
  nodes.add(0, 6);
  nodes.advance(0);
  const std::vector<Placed> placed = nodes.advance(1'000);
  ASSERT_EQ(placed.size(), 2U);
  EXPECT_EQ(placed.front().replica, 5);
  EXPECT_GT(placed.front().at_s, 90);
  EXPECT_LT(placed.front().at_s, placed.back().at_s);
  EXPECT_LT(placed.back().at_s, 110);
}

// Nodes that take no time and stay for none: each start brings one, and all else is as without.
TEST(NodesTest, ANodeForEachStartChangesNothingElse) {
  Arrivals load;
  for (int i = 0; i < 1'200; ++i) {
    load.push_back({i * 500'000, 500, 50});
  }
  const std::map<int, int> wanted{{50, 4}, {200, 2}, {201, 3}, {400, 1}, {450, 5}};
  auto without = two_a_node(600);
  without.fleet.start_spread = 0.1;
  auto with = without;
  without.fleet.nodes = std::nullopt;
  with.fleet.nodes = NodeSettings{.start_s = 0, .idle_s = 0};
  Course course(wanted);
  Summary expected = simulate(load, course, without).summary;
  EXPECT_FALSE(expected.node_hours);
  Course again(wanted);
  expected.node_hours = expected.replica_hours;
  EXPECT_EQ(simulate(load, again, with).summary, expected);
  EXPECT_EQ(again.ready_at_, course.ready_at_);
  EXPECT_EQ(course.path_["7"], StartPath::kPod);
  EXPECT_EQ(again.path_["4"], StartPath::kNode);
  EXPECT_EQ(again.path_["7"], StartPath::kNode);
}

}  // namespace
}  // namespace penstock::simulate
