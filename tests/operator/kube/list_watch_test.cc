#include "operator/kube/list_watch.h"

#include <chrono>
#include <string>
#include <variant>

#include <gtest/gtest.h>

namespace penstock::kube {
namespace {

const ApiError kGone{.status = 410, .reason = {}, .message = {}, .retry_after = {}};

std::string describe(const ListWatch::Step& step) {
  if (const auto* list = std::get_if<ListWatch::List>(&step)) {
    return "list " + list->path;
  }
  if (const auto* watch = std::get_if<ListWatch::Watch>(&step)) {
    return "watch " + watch->path;
  }
  return "wait";
}

std::string watch_from(const std::string& version) {
  return "watch /api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion=" + version +
         "&timeoutSeconds=290";
}

TEST(ListWatchTest, ListsInPagesThenWatchesFromTheList) {
  ListWatch order(kPods, {}, 1);
  EXPECT_EQ(describe(order.next()), "list /api/v1/pods?limit=250");
  EXPECT_FALSE(order.listed("10", "a+b"));
  EXPECT_EQ(describe(order.next()), "list /api/v1/pods?limit=250&continue=a%2Bb");
  EXPECT_TRUE(order.listed("10", ""));
  EXPECT_EQ(describe(order.next()), watch_from("10"));
}

TEST(ListWatchTest, NamesNamespaceAndSelector) {
  ListWatch order(kDeployments,
                  {.ns = "team-a", .labels = "app in (a,b)", .fields = "metadata.name=x"}, 1);
  EXPECT_EQ(describe(order.next()),
            "list /apis/apps/v1/namespaces/team-a/deployments?limit=250&labelSelector=app%20in%20"
            "%28a%2Cb%29&fieldSelector=metadata.name%3Dx");
}

TEST(ListWatchTest, GoesOnFromTheLastVersionSeen) {
  ListWatch order(kPods, {}, 1);
  order.listed("10", "");
  order.seen("11");
  order.seen("");
  order.watch_ended(std::nullopt);
  EXPECT_EQ(describe(order.next()), watch_from("11")) << "the server ends a watch now and then";
  order.watch_ended(ApiError{.message = "cut"});
  EXPECT_EQ(describe(order.next()), "wait");
  EXPECT_EQ(describe(order.next()), watch_from("11"));
}

TEST(ListWatchTest, AVersionThatIsTooOldMeansANewListAtOnceAndPausesAfterwards) {
  ListWatch order(kPods, {}, 1);
  order.listed("10", "");
  order.watch_ended(kGone);
  EXPECT_EQ(describe(order.next()), "list /api/v1/pods?limit=250");
  order.listed("20", "");
  EXPECT_EQ(describe(order.next()), watch_from("20"));
  order.watch_ended(kGone);
  order.watch_ended(kGone);
  EXPECT_EQ(describe(order.next()), "wait") << "twice without anything seen";
}

TEST(ListWatchTest, APageWhoseListHasExpiredDropsThePagesBeforeIt) {
  ListWatch order(kPods, {}, 1);
  order.listed("10", "token");
  EXPECT_TRUE(order.list_failed(kGone));
  EXPECT_EQ(describe(order.next()), "list /api/v1/pods?limit=250");
}

TEST(ListWatchTest, APageThatFailedIsAskedForAgain) {
  ListWatch order(kPods, {}, 1);
  order.listed("10", "token");
  EXPECT_FALSE(order.list_failed(ApiError{.status = 500}));
  EXPECT_EQ(describe(order.next()), "wait");
  EXPECT_EQ(describe(order.next()), "list /api/v1/pods?limit=250&continue=token");
  order.list_abandoned(ApiError{});
  EXPECT_EQ(describe(order.next()), "wait");
  EXPECT_EQ(describe(order.next()), "list /api/v1/pods?limit=250");
}

TEST(ListWatchTest, WaitsAsLongAsTheServerAsks) {
  ListWatch order(kPods, {}, 1);
  order.list_failed(ApiError{.status = 429, .retry_after = std::chrono::seconds(9)});
  const auto step = order.next();
  const auto* wait = std::get_if<ListWatch::Wait>(&step);
  ASSERT_NE(wait, nullptr);
  EXPECT_GE(wait->time, std::chrono::seconds(9));
}

}  // namespace
}  // namespace penstock::kube
