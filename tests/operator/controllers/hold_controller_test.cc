#include "operator/controllers/hold_controller.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <httplib.h>

#include "lib/signals/report_json.h"
#include "operator/controllers/hold_condition.h"
#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using reconcile::yaml;

class HoldControllerTest : public ::testing::Test {
 protected:
  HoldControllerTest() {
    stores_.deployments.replace({{"ns/engine", reconcile::workload("engine", reconcile::kVllm)}});
    put_service("front");
    set_policy("Enforce", ", scaleToZero: {idle: 1m}");
    set_engine_ready(true);
    put_pod("10.1.0.3");
  }

  void set_policy(const std::string& mode, const std::string& more,
                  const std::string& status = "{}") {
    const std::string spec = "{selector: {matchLabels: {app: llm}}, autoscaling: {mode: " + mode +
                             ", target: {name: engine}, maxReplicas: 2" + more + "}}";
    stores_.policies.put(reconcile::policy("chat", spec, "2026-01-01T00:00:00Z", yaml(status)));
  }

  void put_service(const std::string& name) {
    const json::Value object = yaml("{metadata: {name: " + name +
                                    ", namespace: ns}, spec: {clusterIP: 10.0.0.9, selector: {app: "
                                    "llm}, ports: [{port: 80}]}}");
    stores_.services.put(std::make_shared<const reconcile::Service>(read_service(object)));
  }

  // The slice that Kubernetes keeps for the users' Service.
  void set_engine_ready(bool ready) {
    json::Value object = yaml(
        "{metadata: {name: front-x, namespace: ns, labels: {kubernetes.io/service-name: front}}, "
        "endpoints: [{addresses: [10.1.0.9]}]}");
    object["endpoints"][0]["conditions"]["ready"] = ready;
    stores_.slices.put(
        std::make_shared<const reconcile::EndpointSlice>(read_endpoint_slice(object)));
  }

  void put_pod(const std::string& ip, bool ready = true) {
    reconcile::Pod pod = reconcile::pod("chat-hold-1");
    pod.meta.labels = {{reconcile::kHoldLabel, "chat-hold"}};
    pod.ip = ip;
    pod.ready = ready;
    stores_.pods.put(std::make_shared<const reconcile::Pod>(pod));
  }

  kube::WorkOutcome reconcile() { return controller_.reconcile("ns", "chat"); }

  // What was written, as a watch would bring it.
  json::Value watch(const kube::ResourceType& type) {
    const auto object = client_.get(type.object("ns", "chat-hold"));
    return object ? *object : json::Value();
  }
  void watch_all() {
    json::Value service = watch(kube::kServices);
    service["spec"]["clusterIP"] = "10.0.0.77";
    stores_.services.put(std::make_shared<const reconcile::Service>(read_service(service)));
    stores_.deployments.put(
        std::make_shared<const reconcile::Workload>(read_deployment(watch(kube::kDeployments))));
    stores_.slices.put(std::make_shared<const reconcile::EndpointSlice>(
        read_endpoint_slice(watch(kube::kEndpointSlices))));
  }
  void settle() {
    for (int round = 0; round < 3; ++round) {
      const kube::WorkOutcome done = reconcile();
      EXPECT_TRUE(done.succeeded) << done.problem;
      watch_all();
    }
    EXPECT_TRUE(reconcile().succeeded);  // which sees what it has written
  }

  std::vector<std::string> holding() {
    return read_endpoint_slice(watch(kube::kEndpointSlices)).addresses;
  }
  const reconcile::Policy& policy() { return *(found_ = stores_.policies.find("ns", "chat")); }

  fakes::FakeApiServer server_;
  fakes::FakeClock clock_;
  kube::HttpTransport transport_{server_.config(), clock_};
  kube::Client client_{transport_, clock_, {}};
  collect::Collector collector_{[](const std::string&) {}, 1};
  Stores stores_{StoreChanges{}};
  int looked_for_ = 0;
  HoldController controller_{
      stores_, client_,          collector_,
      clock_,  {.version = "1"}, [this](const std::string&, const std::string&) {
                               ++looked_for_; }};
  reconcile::Ptr<reconcile::Policy> found_;
};

TEST(HoldOwnerTest, NoPolicyIsTakenForOne) {
  EXPECT_TRUE(HoldController::is_owner(HoldController::owner("ns/chat")));
  EXPECT_FALSE(HoldController::is_owner("ns/hold"));
}

TEST_F(HoldControllerTest, WritesWhatIsMissingAndNothingTwice) {
  settle();
  const json::Value deployment = watch(kube::kDeployments);
  EXPECT_EQ(deployment["spec"]["template"]["spec"]["containers"][0]["args"][1],
            "http://10.0.0.77:80");
  const std::size_t before = server_.requests().size();
  EXPECT_TRUE(reconcile().succeeded);
  EXPECT_EQ(server_.requests().size(), before);
}

TEST_F(HoldControllerTest, StandsInWhileNoEndpointIsReady) {
  settle();
  EXPECT_EQ(holding(), std::vector<std::string>{});
  set_engine_ready(false);
  reconcile();
  EXPECT_EQ(holding(), std::vector<std::string>{"10.1.0.3"});
  watch_all();
  put_pod("10.1.0.4");
  reconcile();
  EXPECT_EQ(holding(), std::vector<std::string>{"10.1.0.4"}) << "the pod was made anew";
  watch_all();
  set_engine_ready(true);
  reconcile();
  EXPECT_EQ(holding(), std::vector<std::string>{});
}

TEST_F(HoldControllerTest, WhoLeadsAgainLooksFirst) {
  settle();
  ASSERT_TRUE(controller_.standing(policy()).reason != "NotLookedYet");
  controller_.forget_all();
  EXPECT_EQ(controller_.standing(policy()).reason, "NotLookedYet");
}

TEST_F(HoldControllerTest, StandsInBeforeTheLastReplicaGoes) {
  settle();
  EXPECT_FALSE(controller_.stand_in(policy(), true));
  EXPECT_EQ(looked_for_, 1);
  reconcile();
  EXPECT_EQ(holding(), std::vector<std::string>{"10.1.0.3"});
  clock_.advance(HoldController::kKnown);
  EXPECT_FALSE(controller_.stand_in(policy(), true)) << "written, but not seen";
  watch_all();
  reconcile();
  EXPECT_FALSE(controller_.stand_in(policy(), true)) << "not everybody knows yet";
  clock_.advance(HoldController::kKnown);
  EXPECT_TRUE(controller_.stand_in(policy(), true));
  EXPECT_EQ(looked_for_, 1);
  EXPECT_TRUE(controller_.stand_in(policy(), false));
  EXPECT_EQ(looked_for_, 2);
  reconcile();
  EXPECT_EQ(holding(), std::vector<std::string>{}) << "a request came after all";
}

TEST_F(HoldControllerTest, WithoutAPodThatHoldsNobodyStandsIn) {
  settle();
  stores_.pods.remove("ns", "chat-hold-1");
  set_engine_ready(false);
  reconcile();
  EXPECT_EQ(holding(), std::vector<std::string>{});
  EXPECT_EQ(controller_.standing(policy()).reason, "PodsNotReady");
  clock_.advance(2 * HoldController::kKnown);
  EXPECT_FALSE(controller_.stand_in(policy(), true));
}

TEST_F(HoldControllerTest, SaysWhyItCannot) {
  EXPECT_EQ(controller_.standing(policy()).reason, "NotLookedYet");
  put_service("second");
  EXPECT_TRUE(reconcile().succeeded);
  EXPECT_EQ(controller_.standing(policy()).reason, "ServiceAmbiguous");
  EXPECT_TRUE(server_.requests().empty());
  stores_.services.remove("ns", "second");
  const std::string path = "PATCH " + kube::kServices.object("ns", "chat-hold");
  server_.fail_next(path, {.status = 500, .body = "", .retry_after = ""});
  EXPECT_FALSE(reconcile().succeeded);
  EXPECT_EQ(controller_.standing(policy()).reason, "NotWritten");
  server_.fail_next(path, {.status = 403, .body = "", .retry_after = ""});
  EXPECT_FALSE(reconcile().succeeded);
  EXPECT_EQ(controller_.standing(policy()).reason, "NotAllowed");
  EXPECT_TRUE(controller_.standing(policy()).message.ends_with(
      "; the chart's autoscaling.scaleToZero gives that right"));
  EXPECT_FALSE(controller_.standing(policy()).ready);
  settle();
  EXPECT_FALSE(controller_.standing(policy()).known);
  clock_.advance(HoldController::kFirstWord);
  EXPECT_EQ(controller_.standing(policy()).reason, "PodsSilent") << "nobody answers at its address";
  EXPECT_TRUE(controller_.standing(policy()).known);
}

TEST_F(HoldControllerTest, SaysForHowLongNobodyHolds) {
  settle();
  EXPECT_FALSE(controller_.standing(policy()).unheld) << "the pod may answer yet";
  clock_.advance(HoldController::kFirstWord);
  EXPECT_EQ(controller_.standing(policy()).unheld, std::chrono::milliseconds(0));
  clock_.advance(std::chrono::seconds(7));
  put_service("second");
  reconcile();
  const HoldController::Standing now = controller_.standing(policy());
  EXPECT_EQ(now.reason, "ServiceAmbiguous");
  EXPECT_EQ(now.unheld, std::chrono::seconds(7)) << "for another reason than before";
}

// A second Service, or a right that is gone, makes those no strangers who wait already.
TEST_F(HoldControllerTest, WhoWaitsIsCountedWhateverIsWrong) {
  httplib::Server pod;
  pod.Get("/api/signals", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(signals::to_json({.start_id = "one", .uptime_ms = 1'000, .held = 3}),
                         "application/json");
  });
  const int port = pod.bind_to_any_port("127.0.0.1");
  const std::jthread serving([&pod] { pod.listen_after_bind(); });
  while (!pod.is_running()) {
    std::this_thread::yield();
  }
  const clock::RealClock clock;  // the collector's
  HoldController controller(stores_, client_, collector_, clock,
                            {.version = "1", .status_port = static_cast<std::uint16_t>(port)},
                            [](const std::string&, const std::string&) {});
  put_pod("127.0.0.1");
  put_service("second");
  controller.reconcile("ns", "chat");
  while (controller.standing(policy()).held == 0) {
    std::this_thread::yield();
  }
  EXPECT_EQ(controller.standing(policy()).held, 3);
  EXPECT_EQ(controller.standing(policy()).reason, "ServiceAmbiguous");
  EXPECT_FALSE(controller.standing(policy()).ready);
  pod.stop();
}

// Else its last replica never goes, or the pod that holds stands beside an engine that is back.
TEST_F(HoldControllerTest, AnEditWithErrorsDoesNotEndTheHold) {
  settle();
  set_policy("Enforce", ", scaleToZero: {idle: 1m}, replicaUsdPerHour: none");
  ASSERT_NE(policy().errors, std::vector<std::string>());
  set_engine_ready(false);
  reconcile();
  EXPECT_EQ(holding(), std::vector<std::string>{"10.1.0.3"});
  watch_all();
  set_engine_ready(true);
  reconcile();
  EXPECT_EQ(holding(), std::vector<std::string>{});
}

TEST_F(HoldControllerTest, ARestartIsNoNews) {
  const std::string before =
      "{conditions: [{type: HoldReady, status: \"True\", reason: Ready, message: m}]}";
  set_policy("Enforce", ", scaleToZero: {idle: 1m}", before);
  EXPECT_EQ(hold_condition(policy(), controller_)->reason, "Ready") << "nobody has looked yet";
  EXPECT_FALSE(controller_.stand_in(policy(), false));
  EXPECT_EQ(hold_condition(policy(), controller_)->reason, "Ready") << "that was no look";
  settle();
  const auto asked = hold_condition(policy(), controller_);
  EXPECT_EQ(asked->status, api::ConditionStatus::kTrue) << "its pod has not answered yet";
  EXPECT_EQ(asked->message, "m");
  clock_.advance(HoldController::kFirstWord);
  EXPECT_EQ(hold_condition(policy(), controller_)->reason, "PodsSilent");
}

TEST_F(HoldControllerTest, WhatIsNeededAgainIsNotToBeDeletedByHand) {
  set_policy("Enforce", ", scaleToZero: {idle: 1m}",
             "{conditions: [{type: HoldReady, status: \"False\", reason: NotRemoved}]}");
  EXPECT_EQ(hold_condition(policy(), controller_)->reason, "NotLookedYet");
  settle();
  EXPECT_EQ(hold_condition(policy(), controller_)->reason, "NotAskedYet");
}

TEST_F(HoldControllerTest, APodIsGivenTimeToSpeakFromWhenItIsReady) {
  put_pod("10.1.0.3", false);
  settle();
  EXPECT_EQ(controller_.standing(policy()).reason, "PodsNotReady");
  clock_.advance(2 * HoldController::kFirstWord);
  put_pod("10.1.0.3");
  reconcile();
  EXPECT_EQ(controller_.standing(policy()).reason, "NotAskedYet");
  clock_.advance(HoldController::kFirstWord - std::chrono::milliseconds(1));
  reconcile();
  EXPECT_EQ(controller_.standing(policy()).reason, "NotAskedYet");
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(controller_.standing(policy()).reason, "PodsSilent");
}

TEST_F(HoldControllerTest, ANewPolicysStandingIsNotKnownAtFirst) {
  const auto said = hold_condition(policy(), controller_);
  EXPECT_EQ(said->status, api::ConditionStatus::kUnknown);
  EXPECT_EQ(said->reason, "NotLookedYet");
}

TEST_F(HoldControllerTest, APolicyThatNoLongerScalesToZeroKeepsNothing) {
  settle();
  stores_.pods.remove("ns", "chat-hold-1");
  set_policy("Enforce", "");
  EXPECT_TRUE(reconcile().succeeded);
  for (const kube::ResourceType& type :
       {kube::kServices, kube::kDeployments, kube::kEndpointSlices}) {
    EXPECT_TRUE(watch(type).is_null()) << type.kind;
  }
}

// As after a chart upgrade that took the right away.
TEST_F(HoldControllerTest, WhatMayNotBeDeletedIsToldAndTriedLessAndLessOften) {
  settle();
  stores_.pods.remove("ns", "chat-hold-1");
  set_policy("Enforce", "");
  EXPECT_EQ(hold_condition(policy(), controller_), std::nullopt) << "nobody has tried yet";
  const std::string path = "DELETE " + kube::kEndpointSlices.object("ns", "chat-hold");
  server_.fail_next(path, {.status = 403, .body = "", .retry_after = ""}, 2);
  const kube::WorkOutcome first = reconcile();
  EXPECT_TRUE(first.succeeded) << "the queue's own pause would not grow beyond seconds";
  EXPECT_FALSE(first.problem.empty());
  EXPECT_EQ(first.again_in, GrowingPause::kFirst);
  const auto said = hold_condition(policy(), controller_);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->status, api::ConditionStatus::kFalse);
  EXPECT_EQ(said->reason, "NotRemoved");
  EXPECT_TRUE(said->message.contains("the chart's autoscaling.scaleToZero gives that right"));
  EXPECT_TRUE(said->message.ends_with(
      "kubectl -n ns delete endpointslice,deployment,service -l penstock.dev/hold=chat-hold"));

  const std::size_t before = server_.requests().size();
  EXPECT_EQ(reconcile().again_in, GrowingPause::kFirst);
  EXPECT_EQ(server_.requests().size(), before) << "asked too early";
  clock_.advance(GrowingPause::kFirst);
  const kube::WorkOutcome second = reconcile();
  EXPECT_EQ(second.again_in, 2 * GrowingPause::kFirst);
  EXPECT_EQ(second.problem, "") << "no news";
  clock_.advance(2 * GrowingPause::kFirst);
  EXPECT_EQ(reconcile().again_in, std::nullopt);
  EXPECT_EQ(hold_condition(policy(), controller_), std::nullopt);
  EXPECT_TRUE(watch(kube::kDeployments).is_null());
}

// Nobody has to act for these.
TEST_F(HoldControllerTest, WhatIsOnlyTriedAgainIsNoRefusal) {
  settle();
  stores_.pods.remove("ns", "chat-hold-1");
  set_policy("Enforce", "");
  for (const int status : {401, 408, 409, 429, 500}) {
    server_.fail_next("DELETE " + kube::kEndpointSlices.object("ns", "chat-hold"),
                      {.status = status, .body = "", .retry_after = ""});
    EXPECT_FALSE(reconcile().succeeded) << status;
    EXPECT_EQ(hold_condition(policy(), controller_), std::nullopt) << status;
  }
  EXPECT_TRUE(reconcile().succeeded);
}

TEST_F(HoldControllerTest, WhatMayNotBeDeletedIsStillToldAfterARestart) {
  settle();
  set_policy("Enforce", "",
             "{conditions: [{type: HoldReady, status: \"False\", reason: NotRemoved}]}");
  EXPECT_EQ(hold_condition(policy(), controller_)->reason, "NotRemoved");
}

TEST_F(HoldControllerTest, WhatIsHeldMeanwhileStillFindsItsWay) {
  put_pod("10.1.0.50");
  settle();
  set_policy("Enforce", "");
  EXPECT_EQ(reconcile().again_in, HoldRemoval::kEnded);
  EXPECT_TRUE(watch(kube::kDeployments).is_null());
  EXPECT_TRUE(watch(kube::kEndpointSlices).is_null()) << "nobody comes any more";
  EXPECT_FALSE(watch(kube::kServices).is_null());
  stores_.pods.remove("ns", "chat-hold-1");
  EXPECT_EQ(reconcile().again_in, std::nullopt);
  EXPECT_TRUE(watch(kube::kServices).is_null());
}

TEST_F(HoldControllerTest, AdviceNeedsNobodyWhoHolds) {
  set_policy("Advise", ", scaleToZero: {idle: 1m}");
  EXPECT_TRUE(reconcile().succeeded);
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_EQ(controller_.removal().problem(policy()), std::nullopt) << "there was nothing to try";
}

// Somebody else's object of the same name stays.
TEST_F(HoldControllerTest, WhatIsNotOursIsNotRemoved) {
  put_service("chat-hold");
  set_policy("Enforce", "");
  EXPECT_TRUE(reconcile().succeeded);
  EXPECT_TRUE(server_.requests().empty());
}

}  // namespace
}  // namespace penstock::controllers
