#include "operator/controllers/policy_controller.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using std::chrono::milliseconds;

class PolicyControllerTest : public ::testing::Test {
 protected:
  PolicyControllerTest() {
    stores_.deployments.replace({{"ns/engine", reconcile::workload("engine", reconcile::kVllm)}});
    set_mode("one", "Enforce");
    set_mode("two", "Enforce");
  }

  // As an edit would; its own status does not come back, as if the watch were late.
  void set_mode(const std::string& name, const std::string& mode) {
    stores_.policies.put(
        reconcile::policy(name, "{selector: {matchLabels: {app: llm}}, mode: " + mode + "}"));
  }

  kube::WorkOutcome reconcile(const std::string& name) { return controller_.reconcile("ns", name); }

  [[nodiscard]] std::ptrdiff_t statuses_written(const std::string& name) const {
    const std::string line = "PATCH " + kube::kPolicies.object("ns", name, "status");
    return std::ranges::count_if(server_.requests(), [&line](const std::string& request) {
      return request.starts_with(line);
    });
  }

  fakes::FakeApiServer server_;
  fakes::FakeClock clock_;
  kube::HttpTransport transport_{server_.config(), clock_};
  kube::Client client_{transport_, clock_, {}};
  kube::EventRecorder events_{client_, clock_, "penstock-operator-0"};
  collect::Collector collector_{[](const std::string&) {}, 1};
  Stores stores_{StoreChanges{}};
  AutoscalingBoard board_;
  PolicyController controller_{stores_, client_, events_,         collector_,
                               board_,  clock_,  {.version = "1"}};
};

TEST_F(PolicyControllerTest, ChangesOfAStatusAreWrittenOnceASecond) {
  const kube::WorkOutcome first = reconcile("one");
  EXPECT_TRUE(first.succeeded) << first.problem;
  EXPECT_EQ(statuses_written("one"), 1) << "the first is written at once";
  for (const char* mode : {"Off", "Enforce", "Off"}) {
    set_mode("one", mode);
    EXPECT_EQ(reconcile("one").again_in, StatusWriter::kPause);
  }
  clock_.advance(milliseconds(400));
  EXPECT_EQ(reconcile("one").again_in, milliseconds(600)) << "what is left of the second";
  EXPECT_EQ(statuses_written("one"), 1);
  clock_.advance(milliseconds(599));
  EXPECT_EQ(reconcile("one").again_in, milliseconds(1));
  clock_.advance(milliseconds(1));
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_EQ(statuses_written("one"), 2) << "all of them in one";
}

TEST_F(PolicyControllerTest, OneStatusDoesNotHoldUpAnother) {
  reconcile("one");
  EXPECT_EQ(reconcile("one").again_in, StatusWriter::kPause);
  reconcile("two");
  EXPECT_EQ(statuses_written("two"), 1);
}

TEST_F(PolicyControllerTest, AStatusThatCouldNotBeWrittenHoldsUpNothing) {
  server_.fail_next("PATCH " + kube::kPolicies.object("ns", "one", "status"),
                    {.status = 500, .body = "", .retry_after = ""});
  EXPECT_FALSE(reconcile("one").succeeded);
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_EQ(statuses_written("one"), 2) << "at once, when the queue says so";
}

TEST_F(PolicyControllerTest, AConfigMapOfSomebodyElseIsToldOf) {
  ASSERT_TRUE(client_.create(kube::kPolicies.collection("ns"), {{"metadata", {{"name", "one"}}}}));
  server_.fail_next("PATCH " + kube::kConfigMaps.object("ns", "penstock-one"),
                    {.status = 409, .body = R"({"message": "kubectl has it"})", .retry_after = ""});
  EXPECT_FALSE(reconcile("one").succeeded);
  const auto written = client_.get(kube::kPolicies.object("ns", "one"));
  ASSERT_TRUE(written);
  for (const json::Value& condition : (*written)["status"]["conditions"]) {
    if (condition["type"] == "Degraded") {
      EXPECT_EQ(condition["reason"], "NotDelivered");
      EXPECT_TRUE(condition["message"].get<std::string>().contains("kubectl has it"));
    }
  }
  EXPECT_EQ(statuses_written("one"), 1);
  server_.fail_next("PATCH " + kube::kConfigMaps.object("ns", "penstock-two"),
                    {.status = 503, .body = "", .retry_after = ""});
  EXPECT_FALSE(reconcile("two").succeeded);
  EXPECT_EQ(statuses_written("two"), 0) << "it may pass";
}

TEST_F(PolicyControllerTest, APolicyMadeAnewIsWrittenAtOnce) {
  reconcile("one");
  stores_.policies.remove("ns", "one");
  EXPECT_TRUE(reconcile("one").succeeded);
  set_mode("one", "Off");
  reconcile("one");
  EXPECT_EQ(statuses_written("one"), 2);
}

}  // namespace
}  // namespace penstock::controllers
