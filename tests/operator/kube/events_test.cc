#include "operator/kube/events.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"

namespace penstock::kube {
namespace {

const std::string kCreated = "POST " + kEvents.collection("default");
const std::string kCounted = "PATCH " + kEvents.collection("default");

class EventRecorderTest : public ::testing::Test {
 protected:
  static ObjectMeta object(const std::string& name) {
    ObjectMeta meta;
    meta.ns = "default";
    meta.name = name;
    meta.uid = "uid-of-" + name;
    return meta;
  }

  void record(const std::string& name, const std::string& reason, const std::string& note) {
    recorder_->record(kConfigMaps, object(name), true, reason, note);
  }

  // The events as they are once what was recorded has been written: a recorder that has taken the
  // last one up finishes it.
  std::vector<json::Value> events() {
    recorder_.reset();
    const json::Value listed = client_.get(kEvents.collection("default")).value();
    return {listed["items"].begin(), listed["items"].end()};
  }

  fakes::FakeApiServer server_;
  fakes::FakeClock clock_;
  HttpTransport transport_{server_.config(), clock_};
  Client client_{transport_, clock_, {}};
  std::unique_ptr<EventRecorder> recorder_ =
      std::make_unique<EventRecorder>(client_, clock_, "penstock-operator-0");
};

TEST_F(EventRecorderTest, ANoteIsOneLineAndCutBetweenCharacters) {
  record("one", "Broken", "it\n\n" + std::string(996, 'a') + "ä");
  server_.await_requests(kCreated, 1);
  EXPECT_EQ(events().at(0)["note"], "it " + std::string(996, 'a'));
}

TEST_F(EventRecorderTest, AnEventSaysWhatHappenedToWhom) {
  record("one", "Broken", "it broke");
  server_.await_requests(kCreated, 1);
  const std::vector<json::Value> found = events();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["reason"], "Broken");
  EXPECT_EQ(found[0]["note"], "it broke");
  EXPECT_EQ(found[0]["type"], "Warning");
  EXPECT_EQ(found[0]["regarding"]["name"], "one");
  EXPECT_EQ(found[0]["regarding"]["uid"], "uid-of-one");
  EXPECT_EQ(found[0]["eventTime"], "2026-01-01T00:00:00.000000Z");
  EXPECT_FALSE(found[0].contains("series"));
}

TEST_F(EventRecorderTest, TheSameAgainCountsUpTheOneThatIsThere) {
  record("one", "Broken", "it broke");
  server_.await_requests(kCreated, 1);
  clock_.advance(std::chrono::minutes(3));
  record("one", "Broken", "it broke");
  server_.await_requests(kCounted, 1);
  clock_.advance(EventRecorder::kWindow);  // since the last one, not the first
  record("one", "Broken", "it broke");
  server_.await_requests(kCounted, 2);
  const std::vector<json::Value> found = events();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["series"]["count"], 3);
  EXPECT_EQ(found[0]["series"]["lastObservedTime"], "2026-01-01T00:13:00.000000Z");
}

TEST_F(EventRecorderTest, AnotherObjectReasonOrNoteIsAnotherEvent) {
  record("one", "Broken", "it broke");
  record("two", "Broken", "it broke");
  record("one", "Mended", "it broke");
  record("one", "Broken", "differently");
  server_.await_requests(kCreated, 4);
  EXPECT_EQ(events().size(), 4U);
}

TEST_F(EventRecorderTest, AfterTheWindowItIsNewsAgain) {
  record("one", "Broken", "it broke");
  server_.await_requests(kCreated, 1);
  clock_.advance(EventRecorder::kWindow + std::chrono::seconds(1));
  record("one", "Broken", "it broke");
  server_.await_requests(kCreated, 2);
  EXPECT_EQ(events().size(), 2U);
}

TEST_F(EventRecorderTest, OneThatCouldNotBeWrittenIsTriedWhenItHappensAgain) {
  server_.fail_next(kCreated, {.status = 500, .body = "", .retry_after = ""});
  record("one", "Broken", "it broke");
  record("one", "Broken", "it broke");
  server_.await_requests(kCreated, 2);
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(EventRecorderTest, OneThatIsGoneIsWrittenAnewWhenItHappensAgain) {
  record("one", "Broken", "it broke");
  server_.await_requests(kCreated, 1);
  server_.fail_next(kCounted, {.status = 404, .body = "", .retry_after = ""});
  record("one", "Broken", "it broke");
  server_.await_requests(kCreated, 2);
  record("one", "Broken", "it broke");
  server_.await_requests(kCounted, 2);
  const std::vector<json::Value> found = events();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1]["series"]["count"], 2) << "counted from when it was written anew";
}

}  // namespace
}  // namespace penstock::kube
