#include "operator/capacity/room.h"

#include <vector>

#include <gtest/gtest.h>

#include "operator/capacity/interruption.h"
#include "operator/capacity/surge.h"

namespace penstock::capacity {
namespace {

NodeSight node(std::int64_t gpus) {
  return {.name = "a", .ready = true, .allocatable = gpus};
}

TEST(RoomTest, ANodeCountsOnceItsDevicePluginHasRegistered) {
  const NodeSight early = node(0);
  EXPECT_FALSE(serves(early)) << "Ready, but without GPUs yet";
  EXPECT_EQ(room_in({early}, 4), (Room{.awaiting_plugin = 1}));
  EXPECT_EQ(room_in({node(8)}, 4), (Room{.allocatable = 2}));
}

TEST(RoomTest, ANodeThatIsNotReadyOrTakesNoPodsIsNone) {
  NodeSight starting = node(8);
  starting.ready = false;
  NodeSight cordoned = node(8);
  cordoned.schedulable = false;
  EXPECT_EQ(room_in({starting, cordoned}, 4), Room{});
}

TEST(RoomTest, WhatOthersHoldIsNotThere) {
  NodeSight shared = node(8);
  shared.taken = 5;
  EXPECT_EQ(room_in({shared, node(8)}, 4).allocatable, 2) << "three of eight are no place for four";
  shared.taken = 9;
  EXPECT_EQ(room_in({shared}, 4).allocatable, 0);
}

TEST(RoomTest, ANodeThatIsAboutToGoHasNoRoomAndItsPodsAreCounted) {
  NodeSight going = node(8);
  going.interrupted = true;
  going.pods = 2;
  going.in_pool = true;
  EXPECT_EQ(room_in({going}, 4), (Room{.interrupted = 2, .pool_going = 1}));
}

TEST(RoomTest, ThePoolGrowsByWhatIsLacking) {
  const PoolInputs one{
      .wanted = 1, .nodes = 1, .expected = 3, .allocatable = 1, .replicas_per_node = 1};
  EXPECT_EQ(pool_size(one), 3);
  PoolInputs coming = one;
  coming.wanted = 3;
  EXPECT_EQ(pool_size(coming), 3) << "asked for already";
  PoolInputs two = one;
  two.replicas_per_node = 2;
  EXPECT_EQ(pool_size(two), 2);
  PoolInputs elsewhere = one;
  elsewhere.allocatable = 3;
  EXPECT_EQ(pool_size(elsewhere), 1) << "another pool has room";
}

// Of four GPUs to be kept ahead, a node of eight is none.
TEST(RoomTest, WhatIsKeptAheadIsWholeNodesWithinTheLimits) {
  PoolInputs in{.wanted = 1,
                .nodes = 1,
                .expected = 3,
                .headroom = 1,
                .headroom_max = 1,
                .allocatable = 2,
                .replicas_per_node = 2};
  EXPECT_EQ(pool_size(in), 1);
  in.headroom_max = 2;
  EXPECT_EQ(pool_size(in), 2);
  in.expected = in.headroom = 5;
  in.allocatable = 0;
  in.headroom_max = 5;
  EXPECT_EQ(pool_size(in), 3) << "a third would be a sixth replica's";
  in.headroom = 0;
  in.headroom_max = 0;
  EXPECT_EQ(pool_size(in), 4) << "replicas that wait are no headroom";
}

TEST(RoomTest, ReplicasOfANodeThatGoesAreReplacedWhateverMayBeKeptAhead) {
  const PoolInputs in{.wanted = 1,
                      .going = 1,
                      .expected = 4,
                      .headroom = 4,
                      .headroom_max = 4,
                      .interrupted = 4,
                      .replicas_per_node = 8};
  EXPECT_EQ(pool_size(in), 2);
}

// From either side.
TEST(RoomTest, WhatIsMoreAheadThanLimitsAllowIsGivenUp) {
  PoolInputs in{.wanted = 2,
                .nodes = 2,
                .empty = 1,
                .expected = 9,
                .headroom = 1,
                .headroom_max = 1,
                .allocatable = 16,
                .replicas_per_node = 8,
                .may_shrink = true};
  EXPECT_EQ(pool_size(in), 1);
  in.wanted = in.nodes = 1;
  in.empty = 0;
  in.allocatable = 8;
  EXPECT_EQ(pool_size(in), 1);
  in.expected = 10;
  in.headroom = 1;
  in.wanted = in.nodes = 2;
  in.empty = 1;
  in.allocatable = 16;
  EXPECT_EQ(pool_size(in), 2) << "the ninth is there";
}

TEST(RoomTest, ThePoolNeverGivesUpANodeThatIsUsed) {
  PoolInputs in{.wanted = 4,
                .nodes = 4,
                .empty = 1,
                .expected = 1,
                .allocatable = 4,
                .replicas_per_node = 1,
                .may_shrink = true};
  EXPECT_EQ(pool_size(in), 3) << "three would be spare, and one is empty";
  in.empty = 4;
  EXPECT_EQ(pool_size(in), 1);
  in.may_shrink = false;
  EXPECT_EQ(pool_size(in), 4) << "it might take any of them";
}

// Three replicas on each of four nodes.
TEST(RoomTest, ANodeThatStopsServingIsReplacedAndNoneIsGivenUpForIt) {
  std::vector<NodeSight> nodes(4, node(8));
  for (NodeSight& each : nodes) {
    each.in_pool = true;
    each.empty = false;
  }
  const auto size = [&] {
    const Room room = room_in(nodes, 1);
    return pool_size({.wanted = 4,
                      .nodes = room.pool_nodes,
                      .coming = room.pool_coming,
                      .empty = room.pool_empty,
                      .expected = 12,
                      .allocatable = room.allocatable,
                      .replicas_per_node = 8,
                      .may_shrink = true});
  };
  EXPECT_EQ(size(), 4);
  nodes[0].ready = nodes[1].ready = nodes[2].ready = false;
  EXPECT_EQ(size(), 4) << "they will be back, and what they carry with them";
  nodes[0].schedulable = nodes[1].schedulable = nodes[2].schedulable = false;
  EXPECT_EQ(size(), 5) << "twelve do not fit on one";
  nodes[2] = {.name = "anew", .in_pool = true};
  EXPECT_EQ(size(), 4) << "it has no GPUs yet and will have";
}

TEST(RoomTest, ANodeThatGoesIsReplacedAhead) {
  const PoolInputs in{
      .wanted = 2, .nodes = 1, .going = 1, .expected = 2, .allocatable = 1, .replicas_per_node = 1};
  EXPECT_EQ(pool_size(in), 3);
}

TEST(InterruptionTest, TaintsOfCloudsAndNodeAutoscalers) {
  EXPECT_TRUE(is_interruption("karpenter.sh/disrupted"));
  EXPECT_TRUE(is_interruption("aws-node-termination-handler/spot-itn"));
  EXPECT_TRUE(is_interruption("cloud.google.com/impending-node-termination"));
  EXPECT_TRUE(is_interruption("ToBeDeletedByClusterAutoscaler"));
  EXPECT_FALSE(is_interruption("DeletionCandidateOfClusterAutoscaler")) << "it may stay";
  EXPECT_FALSE(is_interruption("nvidia.com/gpu"));
  EXPECT_EQ(interruption_of({{.key = "a"}, {.key = "karpenter.sh/disrupted"}}),
            "karpenter.sh/disrupted");
  EXPECT_EQ(interruption_of({{.key = "a"}}), "");
}

TEST(SurgeTest, AsTheDeploymentControllerCounts) {
  using json::Value;
  EXPECT_EQ(surge_of(Value::object(), 4), 1) << "25 %";
  EXPECT_EQ(surge_of(Value::object(), 5), 2) << "rounded up";
  const auto rolling = [](Value surge) {
    return Value{
        {"strategy",
         {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxSurge", std::move(surge)}}}}}};
  };
  EXPECT_EQ(surge_of(rolling(3), 10), 3);
  EXPECT_EQ(surge_of(rolling("50%"), 3), 2);
  EXPECT_EQ(surge_of(rolling(0), 10), 0);
  EXPECT_EQ(surge_of({{"strategy", {{"type", "Recreate"}}}}, 10), 0);
}

}  // namespace
}  // namespace penstock::capacity
