#include <algorithm>
#include <chrono>
#include <cstdint>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <httplib.h>

#include "operator/kube/timestamp.h"
#include "tests/operator/controllers/policies.h"

namespace penstock::controllers {
namespace {

using std::chrono::milliseconds;

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

// Decided for what is no more: it was edited, or is another of the same name.
TEST_F(PolicyControllerTest, AStatusOfAnOlderVersionIsDecidedAgain) {
  ASSERT_TRUE(client_.create(kube::kPolicies.collection("ns"), {{"metadata", {{"name", "one"}}}}));
  reconcile::Policy stale = *stores_.policies.find("ns", "one");
  stale.meta.resource_version = "before";
  stores_.policies.put(std::make_shared<const reconcile::Policy>(stale));
  const kube::WorkOutcome outcome = reconcile("one");
  EXPECT_TRUE(outcome.succeeded);
  EXPECT_EQ(outcome.again_in, StatusWriter::kPause);
  EXPECT_TRUE((*client_.get(kube::kPolicies.object("ns", "one")))["status"].is_null());
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_FALSE(reconcile("one").succeeded) << "a watch that never tells is a failure";
  stale.meta.resource_version =
      kube::read_meta(*client_.get(kube::kPolicies.object("ns", "one"))).resource_version;
  stores_.policies.put(std::make_shared<const reconcile::Policy>(stale));
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_FALSE((*client_.get(kube::kPolicies.object("ns", "one")))["status"].is_null());
}

// As by kubectl edit --subresource=status: nobody else has any of it.
TEST_F(PolicyControllerTest, AStatusThatSomebodyElseWroteIsTakenBack) {
  const std::string path = kube::kPolicies.object("ns", "one");
  ASSERT_TRUE(client_.create(kube::kPolicies.collection("ns"), {{"metadata", {{"name", "one"}}}}));
  ASSERT_TRUE(reconcile("one").succeeded);
  const auto written = [&] { return (*client_.get(path))["status"]; };
  const json::Value first = written();
  const auto edit = [&] {
    const auto edited = transport_.call({.method = "PATCH",
                                         .path = path + "/status?fieldManager=kubectl&force=true",
                                         .content_type = "application/apply-patch+yaml",
                                         .body = R"({"status": {"conditions": [], "hash": "x"}})"});
    ASSERT_EQ(edited->status, 200);
    clock_.advance(StatusWriter::kPause);
  };
  edit();
  const kube::WorkOutcome outcome = reconcile("one");
  EXPECT_TRUE(outcome.succeeded);
  EXPECT_TRUE(outcome.problem.contains("somebody else")) << outcome.problem;
  EXPECT_EQ(written()["hash"], first["hash"]);
  EXPECT_EQ(written()["conditions"].size(), first["conditions"].size());
  edit();
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_EQ(written()["hash"], first["hash"]);
  edit();
  EXPECT_EQ(reconcile("one").again_in, GrowingPause::kFirst)
      << "who does it over and over is answered ever more slowly";
  EXPECT_EQ(written()["hash"], "x");
}

// It goes with the policy that it was written for.
TEST_F(PolicyControllerTest, TheConfigMapOfAPolicyOfTheSameNameBeforeIsWrittenAnew) {
  ASSERT_TRUE(reconcile("one").succeeded);
  const std::string path = kube::kConfigMaps.object("ns", "penstock-one");
  stores_.config_maps.put(std::make_shared<const ConfigMap>(read_config_map(*client_.get(path))));
  reconcile::Policy anew = *stores_.policies.find("ns", "one");
  anew.meta.uid = "another";
  stores_.policies.put(std::make_shared<const reconcile::Policy>(anew));
  clock_.advance(StatusWriter::kPause);
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_EQ(read_config_map(*client_.get(path)).owner_uid, "another");
}

// As kubectl delete --cascade=orphan leaves it.
TEST_F(PolicyControllerTest, AConfigMapThatAPolicyBeforeLeftBehindIsTakenOver) {
  ASSERT_TRUE(reconcile("one").succeeded);
  const std::string path = kube::kConfigMaps.object("ns", "penstock-one");
  ASSERT_TRUE(client_.merge(path, {{"metadata", {{"ownerReferences", nullptr}}}}));
  see_config();
  reconcile::Policy leaving = *stores_.policies.find("ns", "one");
  leaving.meta.deleting = true;
  stores_.policies.put(std::make_shared<const reconcile::Policy>(leaving));
  clock_.advance(StatusWriter::kPause);
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_EQ(read_config_map(*client_.get(path)).owner_uid, "") << "it is to stay behind";
  reconcile::Policy anew = leaving;
  anew.meta.deleting = false;
  anew.meta.uid = "another";
  stores_.policies.put(std::make_shared<const reconcile::Policy>(anew));
  clock_.advance(StatusWriter::kPause);
  const kube::WorkOutcome outcome = reconcile("one");
  EXPECT_TRUE(outcome.succeeded) << outcome.problem;
  EXPECT_EQ(read_config_map(*client_.get(path)).owner_uid, "another");
}

TEST_F(PolicyControllerTest, AConfigMapOfSomebodyElseIsToldOf) {
  ASSERT_TRUE(client_.create(kube::kPolicies.collection("ns"), {{"metadata", {{"name", "one"}}}}));
  server_.fail_next("PATCH " + kube::kConfigMaps.object("ns", "penstock-one"),
                    {.status = 409, .body = R"({"message": "kubectl has it"})", .retry_after = ""});
  EXPECT_FALSE(reconcile("one").succeeded);
  const auto written = client_.get(kube::kPolicies.object("ns", "one"));
  ASSERT_TRUE(written);
  const json::Value& conditions = (*written)["status"]["conditions"];
  const auto degraded = std::ranges::find_if(
      conditions, [](const json::Value& condition) { return condition["type"] == "Degraded"; });
  ASSERT_NE(degraded, conditions.end());
  EXPECT_EQ((*degraded)["reason"], "NotDelivered");
  EXPECT_TRUE((*degraded)["message"].get<std::string>().contains("kubectl has it"));
  EXPECT_EQ(statuses_written("one"), 1);
  server_.fail_next("PATCH " + kube::kConfigMaps.object("ns", "penstock-two"),
                    {.status = 503, .body = "", .retry_after = ""});
  EXPECT_FALSE(reconcile("two").succeeded);
  EXPECT_EQ(statuses_written("two"), 0) << "it may pass";
}

// Restarting what is paused would replace none of them.
TEST_F(PolicyControllerTest, WhatWaitsForPeopleIsReadOfLeftOverPodsAsWell) {
  ASSERT_TRUE(client_.create(kube::kPolicies.collection("ns"), {{"metadata", {{"name", "one"}}}}));
  reconcile::Workload paused = *reconcile::workload("before", reconcile::kVllm);
  paused.pods.labels = {{"app", "before"}};
  paused.rolls_out = false;
  reconcile::Pod carrier = reconcile::pod("carrier", "one");
  carrier.owner_name = "before-5f6";
  carrier.meta.labels = {{"app", "before"}, {"pod-template-hash", "5f6"}};
  carrier.ip.clear();  // so that no answer of its sidecar is waited for
  stores_.deployments.put(std::make_shared<const reconcile::Workload>(std::move(paused)));
  stores_.pods.put(std::make_shared<const reconcile::Pod>(std::move(carrier)));
  reconcile("one");
  const json::Value status = (*client_.get(kube::kPolicies.object("ns", "one")))["status"];
  EXPECT_TRUE(status["conditions"].dump().contains("kubectl -n ns delete pod carrier")) << status;
}

// As Kyverno words it.
TEST_F(PolicyControllerTest, AConfigMapThatAdmissionRefusesIsToldOfInOneLine) {
  ASSERT_TRUE(client_.create(kube::kPolicies.collection("ns"), {{"metadata", {{"name", "one"}}}}));
  server_.fail_next("PATCH " + kube::kConfigMaps.object("ns", "penstock-one"),
                    {.status = 403,
                     .body = R"({"message": "denied the request: \n\nlabel team\nis missing\n"})",
                     .retry_after = ""});
  EXPECT_FALSE(reconcile("one").succeeded);
  const json::Value status = (*client_.get(kube::kPolicies.object("ns", "one")))["status"];
  const auto degraded =
      std::ranges::find(status["conditions"], "Degraded",
                        [](const json::Value& condition) { return condition["type"]; });
  ASSERT_NE(degraded, status["conditions"].end());
  const std::string message = (*degraded)["message"];
  EXPECT_TRUE(message.contains("denied the request: label team is missing;")) << message;
  EXPECT_EQ(std::ranges::count(message, '\n'), 0);
}

TEST_F(PolicyControllerTest, AStatusThatCannotSayWhatIsNotDeliveredIsTriedAgain) {
  const std::string map = "PATCH " + kube::kConfigMaps.object("ns", "penstock-one");
  server_.fail_next(map, {.status = 403, .body = R"({"message": "no"})", .retry_after = ""}, 3);
  server_.fail_next("PATCH " + kube::kPolicies.object("ns", "one", "status"),
                    {.status = 429, .body = R"({"message": "not now"})", .retry_after = "9"});
  const kube::WorkOutcome refused = reconcile("one");
  EXPECT_FALSE(refused.succeeded);
  EXPECT_EQ(refused.problem, "no; nor can the status say so: not now");
  EXPECT_EQ(refused.retry_after, std::chrono::seconds(9));
  EXPECT_FALSE(reconcile("one").again_in);
  EXPECT_EQ(statuses_written("one"), 2);
  EXPECT_EQ(reconcile("one").again_in, StatusWriter::kPause) << "not when it is tried again";
}

TEST_F(PolicyControllerTest, AnEditedConfigMapIsRestored) {
  ASSERT_TRUE(reconcile("one").succeeded);
  const std::string path = kube::kConfigMaps.object("ns", "penstock-one");
  const auto see = [&] {
    const auto now = client_.get(path);
    stores_.config_maps.put(std::make_shared<const ConfigMap>(read_config_map(*now)));
    return *now;
  };
  const json::Value first = see();
  const std::string version = first["metadata"]["resourceVersion"];
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_EQ(see()["metadata"]["resourceVersion"], version) << "what is intact is not written again";

  // By another manager, which then has those fields.
  const auto edited =
      transport_.call({.method = "PATCH",
                       .path = path + "?fieldManager=kubectl&force=true",
                       .content_type = "application/apply-patch+yaml",
                       .body = R"({"data": {"policy.json": "{}", "more.json": "{}"}})"});
  ASSERT_EQ(edited->status, 200);
  ASSERT_NE(see()["data"], first["data"]);
  const kube::WorkOutcome outcome = reconcile("one");
  EXPECT_TRUE(outcome.succeeded) << outcome.problem;
  EXPECT_EQ(see()["data"], first["data"]);
  server_.await_requests("POST /apis/events.k8s.io/v1/namespaces/ns/events", 1);

  const std::string restored = see()["metadata"]["resourceVersion"];
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_EQ(see()["metadata"]["resourceVersion"], restored) << "and that is the end of it";

  // Who does it over and over is answered ever more slowly.
  const auto edit_again = [&] {
    ASSERT_TRUE(client_.merge(path, {{"data", {{"policy.json", "{}"}}}}));
    see();
  };
  edit_again();
  EXPECT_EQ(reconcile("one").again_in, GrowingPause::kFirst);
  EXPECT_NE(see()["data"], first["data"]);
  clock_.advance(GrowingPause::kFirst);
  reconcile("one");
  EXPECT_EQ(see()["data"], first["data"]);
  edit_again();
  reconcile("one");
  clock_.advance(GrowingPause::kFirst);
  reconcile("one");
  EXPECT_NE(see()["data"], first["data"]) << "twice as long";
  clock_.advance(GrowingPause::kFirst);
  reconcile("one");
  EXPECT_EQ(see()["data"], first["data"]);
}

TEST_F(PolicyControllerTest, AConfigMapWithoutOurLabelIsRestoredToo) {
  ASSERT_TRUE(reconcile("one").succeeded);  // no store sees it
  const std::string path = kube::kConfigMaps.object("ns", "penstock-one");
  const json::Value first = *client_.get(path);
  const auto edited = transport_.call({.method = "PATCH",
                                       .path = path + "?fieldManager=kubectl&force=true",
                                       .content_type = "application/apply-patch+yaml",
                                       .body = R"({"data": {"policy.json": "{}"}})"});
  ASSERT_EQ(edited->status, 200);
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_EQ((*client_.get(path))["data"]["policy.json"], first["data"]["policy.json"]);
}

TEST_F(PolicyControllerTest, AConfigMapThatWasNotWrittenForThePolicyIsLeftAlone) {
  const std::string path = kube::kConfigMaps.object("ns", "penstock-one");
  const auto theirs = transport_.call(
      {.method = "PATCH",
       .path = path + "?fieldManager=kubectl",
       .content_type = "application/apply-patch+yaml",
       .body = R"({"metadata": {"name": "penstock-one"}, "data": {"policy.json": "{}"}})"});
  ASSERT_EQ(theirs->status, 201);
  stores_.config_maps.put(std::make_shared<const ConfigMap>(read_config_map(*client_.get(path))));
  EXPECT_FALSE(reconcile("one").succeeded);
  EXPECT_EQ((*client_.get(path))["data"], json::Value({{"policy.json", "{}"}}));
}

TEST_F(PolicyControllerTest, AConfigMapOfSomebodyElseStaysAsItIs) {
  const std::string path = kube::kConfigMaps.object("ns", "penstock-one");
  ASSERT_TRUE(client_.create(kube::kConfigMaps.collection("ns"),
                             {{"metadata", {{"name", "penstock-one"}}}, {"data", {{"a", "b"}}}}));
  const json::Value before = *client_.get(path);
  const kube::WorkOutcome outcome = reconcile("one");
  EXPECT_FALSE(outcome.succeeded);
  EXPECT_TRUE(outcome.problem.contains("not Penstock's")) << outcome.problem;
  EXPECT_EQ(*client_.get(path), before);
  stores_.config_maps.put(std::make_shared<const ConfigMap>(read_config_map(before)));
  EXPECT_FALSE(reconcile("one").succeeded) << "though it has our label";
  EXPECT_EQ(*client_.get(path), before);
}

TEST_F(PolicyControllerTest, TheLastGoodConfigMapIsPutBackThoughThePolicyIsNotGood) {
  const std::string path = kube::kConfigMaps.object("ns", "penstock-one");
  ASSERT_TRUE(reconcile("one").succeeded);
  const json::Value first = see_config();
  const auto put_back = [&](PolicyController& by) {
    clock_.advance(std::chrono::minutes(10));  // beyond all pauses
    see_config();
    by.reconcile("ns", "one");
    const json::Value now = see_config();
    return now.is_object() && now["data"] == first["data"] &&
           now["metadata"]["annotations"] == first["metadata"]["annotations"];
  };
  break_policy(first, ", listener: {tls: {certificateRef: {name: s}}}");
  ASSERT_TRUE(client_.remove(path));
  EXPECT_TRUE(put_back(controller_));
  ASSERT_TRUE(client_.merge(path, {{"data", {{"policy.json", "{}"}}}}));
  EXPECT_TRUE(put_back(controller_));

  // Another process knows it where it saw the policy while that was good.
  PolicyController knows(stores_, client_, events_, collector_, board_, clock_, {.version = "1"});
  set_mode("one", "Enforce");
  see_config();
  knows.reconcile("ns", "one");
  break_policy(first);
  PolicyController starts(stores_, client_, events_, collector_, board_, clock_, {.version = "1"});
  ASSERT_TRUE(client_.create(kube::kPolicies.collection("ns"), {{"metadata", {{"name", "one"}}}}));
  ASSERT_TRUE(client_.remove(path));
  EXPECT_FALSE(put_back(starts));
  const json::Value status = (*client_.get(kube::kPolicies.object("ns", "one")))["status"];
  EXPECT_TRUE(status.dump().contains("\"ConfigMapLost\"")) << status;
  EXPECT_TRUE(put_back(knows));
}

TEST_F(PolicyControllerTest, PodsAreToldOfTheEndOnceTheConfigMapIsGone) {
  const auto put = [this](const char* name, const char* policy, const char* delivered) {
    reconcile::Pod pod = reconcile::pod(name, policy);
    pod.delivered = delivered;
    stores_.pods.put(std::make_shared<const reconcile::Pod>(std::move(pod)));
  };
  const auto told = [this](const char* pod) {
    const std::string line = "PATCH " + kube::kPods.object("ns", pod, "status");
    return std::ranges::count_if(server_.requests(), [&line](const std::string& request) {
      return request.starts_with(line);
    });
  };
  put("a", "one", "h");
  put("b", "two", "h");
  stores_.config_maps.put(std::make_shared<const ConfigMap>(
      read_config_map({{"metadata", {{"name", "penstock-one"}, {"namespace", "ns"}}}})));
  stores_.policies.remove("ns", "one");
  EXPECT_FALSE(reconcile("one").again_in);
  EXPECT_EQ(told("a"), 0) << "its kubelet would find what was";
  stores_.config_maps.remove("ns", "penstock-one");
  EXPECT_EQ(reconcile("one").again_in, PodNotices::kAgain);
  EXPECT_EQ(told("a"), 1);
  put("a", "one", "");
  clock_.advance(PodNotices::kAgain);
  EXPECT_FALSE(reconcile("one").again_in);
  EXPECT_EQ(told("a"), 2);
  EXPECT_FALSE(reconcile("one").again_in);
  EXPECT_EQ(told("a"), 2) << "that is all";
  EXPECT_EQ(told("b"), 0);
}

// The status listener of a sidecar that runs `hash`. It answers once it is released.
class FakeSidecar {
 public:
  explicit FakeSidecar(const std::string& hash) : port_(server_.bind_to_any_port("127.0.0.1")) {
    server_.Get("/readyz", [this, hash](const httplib::Request&, httplib::Response& response) {
      released_.wait();
      response.set_header("x-penstock-policy", hash);
    });
    server_.Get("/.well-known/penstock/proof/(.*)",
                [](const httplib::Request& request, httplib::Response& response) {
                  response.set_content(request.matches[1].str(), "text/plain");
                });
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {
      std::this_thread::yield();
    }
  }
  ~FakeSidecar() {
    release();
    server_.stop();
  }
  FakeSidecar(const FakeSidecar&) = delete;
  FakeSidecar& operator=(const FakeSidecar&) = delete;

  void release() {
    if (!std::exchange(is_released_, true)) {
      released_.count_down();
    }
  }
  [[nodiscard]] std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

 private:
  httplib::Server server_;
  const int port_;
  std::latch released_{1};
  bool is_released_ = false;
  std::jthread thread_;
};

// Policy "one", whose pod "a" carries a sidecar that runs an older version than its kubelet was
// told of.
class LaggingPodTest : public PolicyControllerTest {
 protected:
  LaggingPodTest() {
    start_operator();
    reconcile();
    const auto map = client_.get(kube::kConfigMaps.object("ns", "penstock-one"));
    stores_.config_maps.put(std::make_shared<const ConfigMap>(read_config_map(*map)));
    reconcile::Pod pod = reconcile::pod("a", "one", "1");
    pod.ip = "127.0.0.1";
    pod.delivered = (*map)["metadata"]["annotations"]["penstock.dev/hash"];
    stores_.pods.put(std::make_shared<const reconcile::Pod>(std::move(pod)));
    static_cast<void>(
        client_.create(kube::kPods.collection("ns"), {{"metadata", {{"name", "a"}}}}));
    clock_.advance(std::chrono::seconds(2));  // more than the pause between statuses
  }

  void start_operator() {
    const reconcile::Settings settings{.version = "1", .status_port = sidecar_.port()};
    controller_of_it_ = std::make_unique<PolicyController>(stores_, client_, events_, collector_,
                                                           board_, clock_, settings);
  }

  kube::WorkOutcome reconcile() { return controller_of_it_->reconcile("ns", "one"); }

  void await_answer() {
    sidecar_.release();
    while (!collector_.reports({"ns/a"})["ns/a"].reachable) {
      std::this_thread::yield();
    }
  }

  FakeSidecar sidecar_{"older"};
  std::unique_ptr<PolicyController> controller_of_it_;
};

TEST_F(LaggingPodTest, IsTouchedAgain) {
  reconcile();  // asks it
  await_answer();
  const auto touched = [this] {
    const auto now = client_.get(kube::kPods.object("ns", "a"));
    return now->value("/metadata/annotations/penstock.dev~1reminded"_json_pointer, "");
  };
  EXPECT_EQ(reconcile().again_in, Reminders::kFirst);
  EXPECT_EQ(touched(), "") << "it was only just told";
  clock_.advance(std::chrono::seconds(1));
  reconcile();
  EXPECT_EQ(touched(), kube::timestamp_micros(clock_.wall_now()));
}

// Not by an edit that reaches no sidecar.
TEST_F(LaggingPodTest, ItsPortIsAskedByWhatWasDelivered) {
  reconcile::Pod pod = *stores_.pods.find("ns", "a");
  pod.sidecar_port = sidecar_.port();
  stores_.pods.put(std::make_shared<const reconcile::Pod>(std::move(pod)));
  break_policy(see_config(), ", listener: {tls: {certificateRef: {name: s}}}");
  reconcile();
  await_answer();
  EXPECT_EQ(collector_.reports({"ns/a"})["ns/a"].proof, collect::Proof::kGood);
}

TEST_F(LaggingPodTest, ItsFirstWordIsWaitedForByAnOperatorThatStarts) {
  start_operator();
  const std::ptrdiff_t before = statuses_written("one");
  EXPECT_EQ(reconcile().again_in, PolicyController::kFirstWord) << "nobody knows what it runs";
  clock_.advance(milliseconds(100));
  EXPECT_EQ(reconcile().again_in, PolicyController::kFirstWord - milliseconds(100));
  EXPECT_EQ(statuses_written("one"), before);
  await_answer();
  reconcile();
  EXPECT_EQ(statuses_written("one"), before + 1) << "one status, with what it said";
}

TEST_F(LaggingPodTest, ItsFirstWordIsWaitedForByWhoLeadsOnceMore) {
  reconcile();
  await_answer();
  reconcile();
  collector_.forget_all();
  while (!collector_.reports({"ns/a"}).empty()) {
    std::this_thread::yield();
  }
  clock_.advance(std::chrono::hours(1));
  const std::ptrdiff_t before = statuses_written("one");
  controller_of_it_->ask_anew();
  EXPECT_EQ(reconcile().again_in, PolicyController::kFirstWord);
  EXPECT_EQ(statuses_written("one"), before) << "what is not known any more is no news";
}

TEST_F(LaggingPodTest, ANewPodHoldsUpNoStatus) {
  const std::ptrdiff_t before = statuses_written("one");
  reconcile();  // the pod came after the operator
  EXPECT_EQ(statuses_written("one"), before + 1);
}

TEST_F(LaggingPodTest, ItsFirstWordIsNotWaitedForForEver) {
  start_operator();
  const std::ptrdiff_t before = statuses_written("one");
  reconcile();
  clock_.advance(PolicyController::kFirstWord);
  EXPECT_TRUE(reconcile().succeeded);
  EXPECT_EQ(statuses_written("one"), before + 1);
}

// Policy "one" and the pods of it that are to be told of what is delivered.
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
