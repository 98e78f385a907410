#include "operator/kube/list_watch.h"

#include <chrono>
#include <string>
#include <variant>

#include <gtest/gtest.h>

namespace penstock::kube {
namespace {

const ApiError kGone{.status = 410, .reason = {}, .message = {}, .retry_after = {}};

constexpr std::chrono::milliseconds kSoon{10};
const std::string kFirstPage = "list /api/v1/pods?limit=250";

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
  order.watch_ended(std::nullopt, ListWatch::kWatchTime);
  EXPECT_EQ(describe(order.next()), watch_from("11")) << "the server ends a watch now and then";
  order.watch_ended(ApiError{.message = "cut"}, kSoon);
  EXPECT_EQ(describe(order.next()), "wait");
  EXPECT_EQ(describe(order.next()), watch_from("11"));
}

TEST(ListWatchTest, AVersionThatIsTooOldMeansANewListAtOnceAndPausesAfterwards) {
  ListWatch order(kPods, {}, 1);
  const auto list_and_watch = [&order](const std::string& version) {
    ASSERT_EQ(describe(order.next()), kFirstPage);
    order.listed(version, "");
    ASSERT_EQ(describe(order.next()), watch_from(version));
  };
  list_and_watch("10");
  order.watch_ended(kGone, kSoon);
  list_and_watch("20");
  order.watch_ended(kGone, kSoon);
  EXPECT_EQ(describe(order.next()), "wait") << "twice without anything seen";
  list_and_watch("30");
  order.seen("31");
  order.watch_ended(kGone, kSoon);
  list_and_watch("40");
}

TEST(ListWatchTest, AListWhosePagesExpireIsNotBegunAnewWithoutPause) {
  ListWatch order(kPods, {}, 1);
  order.listed("10", "token");
  order.list_failed(kGone);
  EXPECT_EQ(describe(order.next()), kFirstPage);
  order.listed("20", "token");
  order.list_failed(kGone);
  EXPECT_EQ(describe(order.next()), "wait");
}

TEST(ListWatchTest, AWatchThatEndsAtOnceIsNotBegunAnewWithoutPause) {
  ListWatch order(kPods, {}, 1);
  order.listed("10", "");
  const auto wait_after = [&order](std::chrono::milliseconds lasted) {
    EXPECT_EQ(describe(order.next()), watch_from("10"));
    order.watch_ended(std::nullopt, lasted);
    const auto step = order.next();
    const auto* wait = std::get_if<ListWatch::Wait>(&step);
    return wait == nullptr ? std::chrono::milliseconds(0) : wait->time;
  };
  const auto first = wait_after(kSoon);
  EXPECT_GT(first, std::chrono::milliseconds(0));
  wait_after(kSoon);
  EXPECT_GT(wait_after(kSoon), first) << "as by a proxy that lets no watch last";
  EXPECT_EQ(wait_after(ListWatch::kShortWatch), std::chrono::milliseconds(0));
  EXPECT_LT(wait_after(kSoon), std::chrono::milliseconds(201)) << "that one lasted";
}

TEST(ListWatchTest, AWatchThatToldOfSomethingIsBegunAnewAtOnceHoweverShort) {
  ListWatch order(kPods, {}, 1);
  order.listed("10", "");
  static_cast<void>(order.next());
  order.seen("11");
  order.watch_ended(std::nullopt, kSoon);
  EXPECT_EQ(describe(order.next()), watch_from("11"));
  order.watch_ended(std::nullopt, kSoon);
  EXPECT_EQ(describe(order.next()), "wait") << "this one told of nothing";
}

TEST(ListWatchTest, OfAPageThatIsTooLargeHalfAsManyAreAskedFor) {
  const ApiError too_large{.message = "too large", .too_large = true};
  ListWatch order(kPods, {}, 1, 4);
  order.listed("10", "token");
  for (const char* size : {"2", "1"}) {
    EXPECT_FALSE(order.list_failed(too_large)) << "the pages before are good";
    EXPECT_EQ(describe(order.next()),
              std::string("list /api/v1/pods?limit=") + size + "&continue=token");
  }
  EXPECT_FALSE(order.list_failed(too_large));
  EXPECT_EQ(describe(order.next()), "wait") << "a single object is";
  EXPECT_FALSE(order.listed("10", "next"));
  EXPECT_EQ(describe(order.next()), "list /api/v1/pods?limit=1&continue=next");
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
