#include "operator/controllers/deletion_costs.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using reconcile::Pod;
using reconcile::Ptr;

Ptr<Pod> on(const std::string& node, const std::string& name, const std::string& cost = "",
            const std::string& own = "") {
  Pod pod = reconcile::pod(name);
  pod.node = node;
  pod.deletion_cost = cost;
  pod.own_deletion_cost = own;
  return std::make_shared<const Pod>(std::move(pod));
}

using Changes = std::vector<CostChange>;

TEST(DeletionCostsTest, AWholeNodeGoesFirst) {
  EXPECT_EQ(deletion_costs(
                {.pods = {on("a", "1"), on("a", "2"), on("b", "3"), on("b", "4"), on("b", "5")},
                 .keep = 3}),
            (Changes{{"1", "-2"}, {"2", "-1"}}));
}

TEST(DeletionCostsTest, ANodeWithOtherWorkIsNotEmptied) {
  auto daemon = std::make_shared<Pod>(reconcile::pod("daemon"));
  daemon->node = "b";
  daemon->owner_kind = "DaemonSet";
  auto done = std::make_shared<Pod>(*daemon);
  done->owner_kind = "Job";
  done->finished = true;
  EXPECT_EQ(deletion_costs(
                {.pods = {on("a", "1"), on("a", "2"), on("b", "3"), on("b", "4"), on("b", "5")},
                 .elsewhere = {on("a", "other"), daemon, done},
                 .keep = 2}),
            (Changes{{"3", "-3"}, {"4", "-2"}, {"5", "-1"}}));
}

TEST(DeletionCostsTest, TheLeastValuableCacheGoes) {
  EXPECT_EQ(deletion_costs({.pods = {on("a", "1"), on("a", "2"), on("a", "3")},
                            .cache_values = {{"1", 50}, {"2", 7}, {"3", 90}},
                            .keep = 2}),
            (Changes{{"2", "-1"}}));
}

// The ReplicaSet's controller may have seen the marks already.
TEST(DeletionCostsTest, MarksStandUnlessOthersAreClearlyBetter) {
  const std::vector<Ptr<Pod>> unmarked = {on("a", "1"), on("a", "2"), on("b", "3"), on("b", "4")};
  EXPECT_EQ(deletion_costs({.pods = unmarked, .elsewhere = {on("a", "other")}, .keep = 2}),
            (Changes{{"3", "-2"}, {"4", "-1"}}));
  const std::vector<Ptr<Pod>> marked = {on("a", "1"), on("a", "2"), on("b", "3", "-2", "-2"),
                                        on("b", "4", "-1", "-1")};
  EXPECT_EQ(deletion_costs({.pods = marked, .keep = 2}), Changes{}) << "a is held no more";
  EXPECT_EQ(deletion_costs({.pods = marked, .elsewhere = {on("b", "other")}, .keep = 2}),
            (Changes{{"1", "-2"}, {"2", "-1"}, {"3", ""}, {"4", ""}}))
      << "only a can be emptied";
}

TEST(DeletionCostsTest, MarksStandWhileCachesAreWorthAboutTheSame) {
  const std::vector<Ptr<Pod>> pods = {on("a", "1", "-1", "-1"), on("a", "2"), on("a", "3")};
  EXPECT_EQ(
      deletion_costs({.pods = pods, .cache_values = {{"1", 10}, {"2", 9}, {"3", 50}}, .keep = 2}),
      Changes{});
  EXPECT_EQ(
      deletion_costs({.pods = pods, .cache_values = {{"1", 10}, {"2", 7}, {"3", 50}}, .keep = 2}),
      (Changes{{"1", ""}, {"2", "-1"}}));
}

TEST(DeletionCostsTest, MorePodsToGoAreChosenAnew) {
  const std::vector<Ptr<Pod>> pods = {on("a", "1", "-1", "-1"), on("b", "2"), on("b", "3"),
                                      on("c", "4"), on("c", "5")};
  EXPECT_EQ(deletion_costs({.pods = pods, .keep = 2}),
            (Changes{{"1", "-3"}, {"2", "-2"}, {"3", "-1"}}));
}

TEST(DeletionCostsTest, ANodeWithAPodThatIsNotOursToMarkIsNotEmptied) {
  EXPECT_EQ(deletion_costs({.pods = {on("a", "1"), on("a", "2", "100"), on("b", "3"), on("b", "4")},
                            .keep = 2}),
            (Changes{{"3", "-2"}, {"4", "-1"}}));
}

TEST(DeletionCostsTest, OnlyWhatChangesIsWritten) {
  EXPECT_EQ(
      deletion_costs({.pods = {on("a", "1", "-1", "-1"), on("b", "2"), on("b", "3")}, .keep = 2}),
      Changes{});
  EXPECT_EQ(
      deletion_costs({.pods = {on("a", "1"), on("b", "2", "-1", "-1"), on("b", "3")}, .keep = 2}),
      (Changes{{"1", "-1"}, {"2", ""}}));
}

TEST(DeletionCostsTest, WhatSomebodyElseHasSetStays) {
  EXPECT_EQ(deletion_costs({.pods = {on("a", "1", "100"), on("b", "2"), on("b", "3")}, .keep = 2}),
            (Changes{{"2", "-1"}}));
  EXPECT_EQ(no_deletion_costs({on("a", "1", "100", "-1"), on("b", "2", "-1", "-1"), on("b", "3")}),
            (Changes{{"2", ""}}));
}

TEST(DeletionCostsTest, OnlyAReplicaSetMindsThem) {
  Pod pod = reconcile::pod("engine-0");
  pod.owner_kind = "StatefulSet";
  EXPECT_EQ(deletion_costs({.pods = {std::make_shared<const Pod>(pod)}, .keep = 0}), Changes{});
}

}  // namespace
}  // namespace penstock::controllers
