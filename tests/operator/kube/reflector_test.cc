#include "operator/kube/reflector.h"

#include <algorithm>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "lib/clock/clock.h"
#include "operator/kube/client.h"
#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/operator/kube/mirror.h"

// What a reflector survives, with the faults that only a fake can make.
namespace penstock::kube {
namespace {

using Notes = std::map<std::string, std::string>;

const std::string kCollection = kConfigMaps.collection("default");

class ReflectorTest : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) {
    const auto written = client_.apply(kConfigMaps.object("default", name), note(name, text));
    ASSERT_TRUE(written) << written.error().message;
  }

  clock::RealClock clock_;
  fakes::FakeApiServer server_;
  HttpTransport transport_{server_.config(), clock_};
  Client client_{transport_, clock_, {}};
};

TEST_F(ReflectorTest, LosesNothingWhereverAWatchIsCut) {
  put("a", "0");
  Mirror mirror(transport_, "default");
  ASSERT_TRUE(mirror.becomes({{"a", "0"}}));
  for (int round = 1; round <= 40; ++round) {
    server_.cut_watches_after(static_cast<std::size_t>(round * 7));
    put("a", std::to_string(round));
    put("b", std::to_string(round));
    ASSERT_TRUE(mirror.becomes({{"a", std::to_string(round)}, {"b", std::to_string(round)}}))
        << round;
  }
}

TEST_F(ReflectorTest, ListsAnewWhenItsVersionIsTooOld) {
  put("a", "1");
  put("b", "1");
  Mirror mirror(transport_, "default");
  ASSERT_TRUE(mirror.becomes({{"a", "1"}, {"b", "1"}}));
  ASSERT_TRUE(client_.remove(kConfigMaps.object("default", "b")));
  put("c", "1");
  server_.forget_history();
  ASSERT_TRUE(mirror.becomes({{"a", "1"}, {"c", "1"}}));
  put("a", "2");
  EXPECT_TRUE(mirror.becomes({{"a", "2"}, {"c", "1"}}));
}

TEST_F(ReflectorTest, WaitsOutAServerThatIsBusyOrBroken) {
  put("a", "1");
  server_.fail_next("GET " + kCollection, {.status = 429, .body = "", .retry_after = "0"}, 1);
  Mirror mirror(transport_, "default");
  ASSERT_TRUE(mirror.becomes({{"a", "1"}}));
  server_.fail_next("GET " + kCollection, {.status = 500, .body = "<html>", .retry_after = ""}, 2);
  server_.forget_history();
  put("a", "2");
  ASSERT_TRUE(mirror.becomes({{"a", "2"}}));
  EXPECT_TRUE(mirror.meets(429));
  // The watch that is cut may still have brought the change.
  EXPECT_TRUE(mirror.meets(500));
}

TEST_F(ReflectorTest, AWatchIsNotLostWhereItsTokenIsRotated) {
  const fakes::TemporaryFolder folder;
  ClusterConfig config = server_.config();
  config.token_file = folder.write("token", "first").string();
  server_.admit({"first"});
  HttpTransport rotating(config, clock_);
  Mirror mirror(rotating, "default");
  ASSERT_TRUE(mirror.becomes({}));
  server_.await_watches(1);
  server_.admit({});
  put("a", "1");
  ASSERT_TRUE(mirror.becomes({{"a", "1"}}));

  server_.admit({"second"});
  server_.cut_watches_after(1);
  server_.inject("\n");
  ASSERT_TRUE(mirror.meets(401)) << "the watch is begun anew, by the token of before";
  folder.write("token", "second");
  server_.await_watches(2);
  server_.admit({});
  put("a", "2");
  EXPECT_TRUE(mirror.becomes({{"a", "2"}}));
  const std::vector<std::string> requests = server_.requests();
  EXPECT_EQ(std::ranges::count_if(requests,
                                  [](const std::string& line) { return line.contains("limit="); }),
            1)
      << "and goes on from its version";
}

TEST_F(ReflectorTest, APageThatIsNoJsonIsNeverHalfAList) {
  put("a", "1");
  server_.fail_next(kCollection,
                    {.status = 200,
                     .body = R"({"metadata":{"resourceVersion":"1"},"items":[)"
                             R"({"metadata":{"name":"ghost","namespace":"default"}},{]})",
                     .retry_after = ""});
  Mirror mirror(transport_, "default");
  EXPECT_TRUE(mirror.becomes({{"a", "1"}}));
}

TEST_F(ReflectorTest, AListIsWholeOrNotThereHoweverSlowItsPages) {
  Notes wanted;
  for (int i = 0; i < 3; ++i) {
    put("n" + std::to_string(i), "1");
    wanted.emplace("n" + std::to_string(i), "1");
  }
  server_.stall_next("GET " + kCollection + "?limit=2&labelSelector=test%3Dnote&continue");
  Mirror mirror(transport_, "default", 2);
  server_.await_requests("GET " + kCollection, 2);
  EXPECT_FALSE(mirror.complete()) << "the second page is on its way";
  EXPECT_EQ(mirror.notes(), Notes{});
  server_.release();
  EXPECT_TRUE(mirror.becomes(wanted));
}

TEST_F(ReflectorTest, APageThatNeverComesIsAskedForAgain) {
  put("a", "1");
  HttpTransport hasty(server_.config(), clock_, {.calls = std::chrono::milliseconds(100)});
  server_.stall_next("GET " + kCollection);
  Mirror mirror(hasty, "default");
  EXPECT_TRUE(mirror.becomes({{"a", "1"}}));
  EXPECT_EQ(mirror.errors(), std::vector<int>{0});
  server_.release();
}

TEST_F(ReflectorTest, AHugeListIsMirroredInPages) {
  constexpr int kNotes = 3'000;
  const std::string text(2'000, 'x');
  Notes wanted;
  for (int i = 0; i < kNotes; ++i) {
    put("n" + std::to_string(i), text);
    wanted.emplace("n" + std::to_string(i), text);
  }
  Mirror mirror(transport_, "default");
  EXPECT_TRUE(mirror.becomes(wanted));
  const std::vector<std::string> requests = server_.requests();
  const auto pages = std::ranges::count_if(requests, [](const std::string& line) {
    return line.starts_with("GET ") && line.contains("limit=");
  });
  EXPECT_EQ(pages, kNotes / ListWatch::kPageSize);
}

TEST_F(ReflectorTest, APageThatIsTooLargeIsAskedForInParts) {
  constexpr std::size_t kBytesMax = 20'000;
  const std::string text(2'000, 'x');
  Notes wanted;
  for (int i = 0; i < 40; ++i) {
    put("n" + std::to_string(i), text);
    wanted.emplace("n" + std::to_string(i), text);
  }
  HttpTransport bounded(server_.config(), clock_, {}, kBytesMax);
  Mirror mirror(bounded, "default", 32);
  EXPECT_TRUE(mirror.becomes(wanted));
  EXPECT_EQ(mirror.errors(), (std::vector<int>{0, 0})) << "32 and 16; 8 fit";
}

TEST_F(ReflectorTest, AMalformedObjectIsHeldAsFarAsItGoesAndAMalformedLineEndsTheWatchOnly) {
  put("a", "1");
  Mirror mirror(transport_, "default");
  ASSERT_TRUE(mirror.becomes({{"a", "1"}}));
  server_.await_watches(1);
  server_.inject(
      R"({"type":"ADDED","object":{"metadata":{"name":"odd","namespace":"default","labels":[1]},"data":7}})"
      "\n");
  ASSERT_TRUE(mirror.becomes({{"a", "1"}, {"odd", ""}}));
  server_.inject("what is this\n");
  put("a", "2");
  ASSERT_TRUE(mirror.becomes({{"a", "2"}, {"odd", ""}})) << "the watch went on from its version";
}

}  // namespace
}  // namespace penstock::kube
