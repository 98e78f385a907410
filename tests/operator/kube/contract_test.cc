#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "lib/clock/clock.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"
#include "operator/kube/events.h"
#include "operator/kube/http_transport.h"
#include "operator/kube/lease_election.h"
#include "operator/kube/scale.h"
#include "operator/kube/watch_decoder.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/operator/kube/mirror.h"

// What operator/kube relies on, over the fake API server, or over a real one whose kubeconfig
// PENSTOCK_KUBECONFIG names (the namespace is the context's, and is expected to be empty). What a
// real one only does when it is made to comes from e2e/test_kube_contract.py:
// PENSTOCK_CROWDED_KUBECONFIG, of somebody whose turns others take most of the time,
// PENSTOCK_EXPIRED_CONTINUE, of a list of policies whose version is no more, and PENSTOCK_TOKENS,
// "first second" of one account, of which the first is bound to the Secret "first".
namespace penstock::kube {
namespace {

class ContractTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ClusterConfig config;
    if (const char* file = std::getenv("PENSTOCK_KUBECONFIG"); file != nullptr) {
      const auto loaded = load_kubeconfig(file);
      ASSERT_TRUE(loaded) << loaded.error().detail;
      config = *loaded;
    } else {
      fake_ = std::make_unique<fakes::FakeApiServer>();
      fake_->serve("apps/v1", json::Value::parse(R"([
        {"name": "deployments", "kind": "Deployment", "namespaced": true},
        {"name": "deployments/scale", "kind": "Scale", "namespaced": true}])"));
      fake_->serve("v1",
                   json::Value::parse(
                       R"([{"name": "configmaps", "kind": "ConfigMap", "namespaced": true}])"));
      config = fake_->config();
    }
    ns_ = config.ns;
    config_ = config;
    transport_ = std::make_unique<HttpTransport>(config, clock_);
    client_ = std::make_unique<Client>(*transport_, clock_, RateLimit{});
  }

  std::string path(const std::string& name) { return kConfigMaps.object(ns_, name); }

  void apply(const std::string& name, const std::string& text) {
    const auto written = client_->apply(path(name), note(name, text));
    ASSERT_TRUE(written) << written.error().message;
  }

  std::string collection() { return kConfigMaps.collection(ns_); }

  // Watches `watched` from `version` until one event is `enough`, or the watch ends; the error that
  // ended it.
  std::optional<ApiError> watch(const std::string& watched, const std::string& version,
                                const std::function<bool(const WatchEvent&)>& enough) {
    WatchDecoder decoder;
    std::optional<ApiError> error;
    const auto take = [&](std::string_view bytes) {
      decoder.feed(bytes);
      for (;;) {
        const auto event = decoder.next();
        if (!event) {
          error = event.error();
        }
        if (!event || !*event) {
          return event.has_value();
        }
        if (enough(**event)) {
          return false;
        }
      }
    };
    const auto answer = transport_->stream(
        {.path = watched +
                 "?watch=1&allowWatchBookmarks=true&timeoutSeconds=5&labelSelector=test%3Dnote"
                 "&resourceVersion=" +
                 version},
        {}, take);
    if (!error && !answer) {
      error = answer.error();
    } else if (!error && answer->status != 200) {
      error = error_of(*answer);
    }
    return error;
  }

  // Names the next page of a list of policies whose version the server no longer has.
  std::string expired_continue() {
    if (fake_ == nullptr) {
      const char* token = std::getenv("PENSTOCK_EXPIRED_CONTINUE");
      return token == nullptr ? "" : token;
    }
    for (const char* name : {"p0", "p1"}) {
      EXPECT_TRUE(client_->create(policies(), {{"metadata", {{"name", name}}}}));
    }
    const auto page = client_->get(policies() + "?limit=1");
    fake_->forget_history();
    return escaped(text_of(member(*page, "metadata"), "continue"));
  }

  // A kind that a real server has not served from its very first version on: that one is gone.
  std::string policies() { return kPolicies.collection(ns_); }

  clock::RealClock clock_;
  std::unique_ptr<fakes::FakeApiServer> fake_;
  std::unique_ptr<HttpTransport> transport_;
  std::unique_ptr<Client> client_;
  std::string ns_;
  ClusterConfig config_;
};

// One account's tokens: the first is worth something until revoke().
class ContractTokenTest : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (fake_ == nullptr) {
      const char* tokens = std::getenv("PENSTOCK_TOKENS");
      ASSERT_NE(tokens, nullptr);
      std::istringstream(tokens) >> first_ >> second_;
    } else {
      fake_->admit({"", first_, second_});
    }
  }

  void revoke() {
    if (fake_ == nullptr) {
      EXPECT_TRUE(client_->remove(kSecrets.object(ns_, "first")));
    } else {
      fake_->admit({"", second_});
    }
  }

  // The same server, with nothing but a token to show.
  [[nodiscard]] ClusterConfig with_token(const std::string& token, const std::string& file) const {
    ClusterConfig config = config_;
    config.client_pem.clear();
    config.client_key_pem.clear();
    config.token = token;
    config.token_file = file;
    return config;
  }

  std::string first_ = "one";
  std::string second_ = "other";
};

TEST_F(ContractTest, ObjectsAreWrittenOnceReadAndRemoved) {
  const auto created = client_->create(kConfigMaps.collection(ns_), note("one", "1"));
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_FALSE(read_meta(*created).uid.empty());
  EXPECT_EQ(client_->create(kConfigMaps.collection(ns_), note("one", "2")).error().reason,
            "AlreadyExists");
  EXPECT_EQ(read_note(*client_->get(path("one"))).text, "1");
  const auto merged = client_->merge(path("one"), {{"data", {{"text", "3"}}}});
  ASSERT_TRUE(merged);
  EXPECT_EQ(read_note(*merged).text, "3");
  EXPECT_TRUE(client_->remove(path("one")));
  EXPECT_TRUE(client_->get(path("one")).error().not_found());
  EXPECT_TRUE(client_->remove(path("one")).error().not_found());
}

TEST_F(ContractTest, AReplacementOfAnOldVersionIsAConflict) {
  const auto first = client_->create(kConfigMaps.collection(ns_), note("two", "1"));
  ASSERT_TRUE(first) << first.error().message;
  json::Value changed = *first;
  changed["data"]["text"] = "2";
  ASSERT_TRUE(client_->update(path("two"), changed));
  changed["data"]["text"] = "3";
  EXPECT_TRUE(client_->update(path("two"), changed).error().conflict());
  EXPECT_TRUE(client_->remove(path("two")));
}

TEST_F(ContractTest, ApplyTakesNothingFromAnotherManager) {
  apply("three", "1");
  apply("three", "2");
  Request foreign{.method = "PATCH",
                  .path = path("three") + "?fieldManager=somebody&force=true",
                  .content_type = "application/apply-patch+yaml",
                  .body = note("three", "theirs").dump()};
  ASSERT_EQ(transport_->call(foreign)->status, 200);
  EXPECT_TRUE(client_->apply(path("three"), note("three", "ours")).error().conflict());
  EXPECT_EQ(read_note(*client_->get(path("three"))).text, "theirs");
  EXPECT_TRUE(client_->remove(path("three")));
}

TEST_F(ContractTest, WhatIsOurOwnIsTakenBackAndWhatOthersAddedIsTakenOut) {
  apply("own", "ours");
  const Request foreign{.method = "PATCH",
                        .path = path("own") + "?fieldManager=somebody",
                        .content_type = "application/merge-patch+json",
                        .body = R"({"data": {"text": "theirs", "more": "x"}})"};
  ASSERT_EQ(transport_->call(foreign)->status, 200);
  const auto data = [this] { return member(*client_->get(path("own")), "data"); };
  ASSERT_EQ(data(), json::Value({{"text", "theirs"}, {"more", "x"}}));
  ASSERT_TRUE(client_->apply(path("own"), note("own", "ours"), Conflicts::kTake));
  EXPECT_EQ(data(), json::Value({{"text", "ours"}, {"more", "x"}}));
  ASSERT_TRUE(client_->merge(path("own"), {{"data", {{"more", nullptr}}}}));
  EXPECT_EQ(data(), json::Value({{"text", "ours"}}));
  const auto next = client_->apply(path("own"), note("own", "next"));
  EXPECT_TRUE(next) << "it is all ours again: " << next.error().message;
  EXPECT_TRUE(client_->remove(path("own")));
}

TEST_F(ContractTest, AMirrorFollowsItsCollection) {
  std::map<std::string, std::string> wanted;
  for (int i = 0; i < 7; ++i) {
    apply("m" + std::to_string(i), "0");
    wanted["m" + std::to_string(i)] = "0";
  }
  Mirror mirror(*transport_, ns_, 3);
  ASSERT_TRUE(mirror.becomes(wanted)) << "three pages";
  apply("m0", "1");
  wanted["m0"] = "1";
  apply("m9", "0");
  wanted["m9"] = "0";
  ASSERT_TRUE(client_->remove(path("m1")));
  wanted.erase("m1");
  ASSERT_TRUE(mirror.becomes(wanted));
  for (const auto& [name, text] : wanted) {
    EXPECT_TRUE(client_->remove(path(name)));
  }
  EXPECT_TRUE(mirror.becomes({}));
}

TEST_F(ContractTest, AWatchOfAVersionThatIsGoneIsAnswered410) {
  if (fake_ != nullptr) {
    fake_->forget_history();
  }
  const auto error = watch(policies(), "1", [](const WatchEvent&) { return true; });
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->expired()) << error->status << " " << error->message;
}

TEST_F(ContractTest, APageOfAListThatIsGoneIsAnswered410) {
  const std::string token = expired_continue();
  ASSERT_FALSE(token.empty());
  const auto page = client_->get(policies() + "?limit=1&continue=" + token);
  ASSERT_FALSE(page);
  EXPECT_TRUE(page.error().expired()) << page.error().status << " " << page.error().message;
  EXPECT_TRUE(client_->get(policies() + "?limit=1")) << "it begins anew";
}

TEST_F(ContractTest, WhoAsksTooMuchIsToldWhenToComeAgain) {
  std::unique_ptr<HttpTransport> crowded;
  if (fake_ != nullptr) {
    fake_->fail_next("GET " + collection(), {.status = 429, .body = "", .retry_after = "1"});
    crowded = std::make_unique<HttpTransport>(fake_->config(), clock_);
  } else {
    const char* file = std::getenv("PENSTOCK_CROWDED_KUBECONFIG");
    ASSERT_NE(file, nullptr);
    crowded = std::make_unique<HttpTransport>(*load_kubeconfig(file), clock_);
  }
  Client client(*crowded, clock_, RateLimit{});
  auto answer = client.get(collection());
  for (int tries = 0; tries < 2'000 && (answer || answer.error().status == 403); ++tries) {
    answer = client.get(collection());  // it had a turn
  }
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, 429);
  EXPECT_GE(answer.error().retry_after.value_or(std::chrono::seconds(0)), std::chrono::seconds(1));
}

// As the kubelet does it: the file is another, and some time later its old token is refused.
TEST_F(ContractTokenTest, ARotatedTokenTakesOverAndTheWatchGoesOn) {
  const fakes::TemporaryFolder folder;
  const std::string file = folder.write("token", first_).string();
  HttpTransport rotating(with_token("", file), clock_);
  Client client(rotating, clock_, RateLimit{});
  Mirror mirror(rotating, ns_);
  ASSERT_TRUE(mirror.becomes({}));
  ASSERT_TRUE(client.get(collection()));

  std::filesystem::rename(folder.write("next", second_), file);
  revoke();
  HttpTransport stale(with_token(first_, ""), clock_);
  const clock::Instant deadline = clock_.now() + std::chrono::seconds(60);
  int status = 0;
  while (status != 401 && clock_.now() < deadline) {  // a server remembers whose a token was
    status = stale.call({.path = collection()})->status;
  }
  ASSERT_EQ(status, 401);
  const auto first_answer = client.get(collection());
  EXPECT_TRUE(first_answer || first_answer.error().status == 401) << first_answer.error().message;
  const auto second_answer = client.get(collection());
  EXPECT_TRUE(second_answer) << second_answer.error().message;
  apply("token", "1");
  EXPECT_TRUE(mirror.becomes({{"token", "1"}}));
  EXPECT_EQ(mirror.errors(), std::vector<int>{});
  EXPECT_TRUE(client_->remove(path("token")));
}

// A real server sends one two seconds before a watch ends, where its version is newer than all that
// the watch has seen: what others write meanwhile sees to that.
TEST_F(ContractTest, ABookmarkIsAVersionToGoOnFrom) {
  apply("b0", "1");
  const std::string begin = read_meta(*client_->get(path("b0"))).resource_version;
  std::jthread others([this](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      json::Value other = note("other", std::to_string(i));
      other["metadata"]["labels"] = json::Value::object();
      EXPECT_TRUE(client_->apply(path("other"), other));
      if (fake_ != nullptr) {
        fake_->await_watches(1);
        fake_->send_bookmarks();
        return;
      }
    }
  });
  json::Value bookmark;
  EXPECT_FALSE(watch(collection(), begin, [&bookmark](const WatchEvent& event) {
    bookmark = event.object;
    return event.type == WatchEvent::Type::kBookmark;
  }));
  others.request_stop();
  others.join();
  const std::string version = text_of(member(bookmark, "metadata"), "resourceVersion");
  ASSERT_FALSE(version.empty());
  EXPECT_NE(version, begin);
  EXPECT_EQ(text_of(member(bookmark, "metadata"), "name"), "") << "it is no object";
  apply("b1", "1");
  std::vector<std::string> next;
  EXPECT_FALSE(watch(collection(), version, [&next](const WatchEvent& event) {
    next.push_back(read_meta(event.object).name);
    return next.back() == "b1";
  }));
  EXPECT_EQ(std::ranges::count(next, "b0"), 0) << "what was before it does not come again";
  EXPECT_EQ(next.back(), "b1");
  for (const char* name : {"b0", "b1", "other"}) {
    EXPECT_TRUE(client_->remove(path(name)));
  }
}

TEST_F(ContractTest, AStatusIsWrittenByItsOwnPathWhichTakesAnnotationsAndNothingElse) {
  const std::string pod = kPods.object(ns_, "stated");
  const json::Value container = {{"name", "a"}, {"image", "b"}};
  const auto made = client_->create(
      kPods.collection(ns_),
      {{"apiVersion", "v1"},
       {"kind", "Pod"},
       {"metadata", {{"name", "stated"}}},
       {"spec", {{"schedulerName", "nobody"}, {"containers", json::Value::array({container})}}}});
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE(client_->apply_status(kPods, {.ns = ns_, .name = "stated"}, {{"message", "told"}}));
  ASSERT_TRUE(client_->merge(
      pod, {{"metadata", {{"labels", {{"a", "b"}}}}}, {"status", {{"message", "not so"}}}}));
  ASSERT_TRUE(client_->merge(
      kPods.object(ns_, "stated", "status"),
      {{"metadata", {{"annotations", {{"c", "d"}}}}}, {"spec", {{"activeDeadlineSeconds", 7}}}}));
  const auto now = client_->get(pod);
  ASSERT_TRUE(now);
  EXPECT_EQ(text_of(member(*now, "status"), "message"), "told");
  const auto outdated = client_->apply_status(kPods, read_meta(*made), {{"message", "late"}});
  ASSERT_FALSE(outdated) << "it is of a version that is no more";
  EXPECT_TRUE(outdated.error().outdated()) << outdated.error().message;
  EXPECT_TRUE(client_->apply_status(kPods, read_meta(*now), {{"message", "told"}}));
  const json::Value theirs = {{"apiVersion", "v1"},
                              {"kind", "Pod"},
                              {"metadata", {{"name", "stated"}}},
                              {"status", {{"message", "theirs"}}}};
  const Request foreign{
      .method = "PATCH",
      .path = kPods.object(ns_, "stated", "status") + "?fieldManager=somebody&force=true",
      .content_type = "application/apply-patch+yaml",
      .body = theirs.dump()};
  ASSERT_EQ(transport_->call(foreign)->status, 200);
  const auto refused =
      client_->apply_status(kPods, {.ns = ns_, .name = "stated"}, {{"message", "ours"}});
  ASSERT_FALSE(refused) << "somebody else has the field now";
  EXPECT_TRUE(refused.error().conflict() && !refused.error().outdated());
  EXPECT_FALSE(
      client_->apply_status(kPods, read_meta(*made), {{"message", "ours"}}, Conflicts::kTake))
      << "no force makes a status of an older version right";
  EXPECT_TRUE(client_->apply_status(kPods, {.ns = ns_, .name = "stated"}, {{"message", "ours"}},
                                    Conflicts::kTake));
  EXPECT_EQ(text_of(member(*client_->get(pod), "status"), "message"), "ours");
  EXPECT_EQ(read_meta(*now).labels.at("a"), "b");
  EXPECT_EQ(texts_of(member(*now, "metadata"), "annotations").at("c"), "d");
  EXPECT_TRUE(member(member(*now, "spec"), "activeDeadlineSeconds").is_null());
  EXPECT_TRUE(client_->remove(pod));
  EXPECT_TRUE(client_->apply_status(kPods, {.ns = ns_, .name = "nobody"}, {{"message", "told"}}))
      << "of one that is gone meanwhile it is no error";
  EXPECT_TRUE(client_->get(kPods.object(ns_, "nobody")).error().not_found()) << "and makes none";
}

TEST_F(ContractTest, WhatIsServedIsFoundByKindAndByResource) {
  Discovery discovery(*client_, clock_);
  const auto deployment = discovery.kind("apps/v1", "Deployment");
  ASSERT_TRUE(deployment && *deployment);
  EXPECT_EQ(**deployment, (ServedType{.group = "apps",
                                      .version = "v1",
                                      .plural = "deployments",
                                      .kind = "Deployment",
                                      .has_scale = true}));
  const auto map = discovery.resource("", {"v1"}, "configmaps");
  ASSERT_TRUE(map && *map);
  EXPECT_FALSE((*map)->has_scale);
  for (const char* group : {"apps/v1", "nowhere.test/v1"}) {
    const auto nothing = discovery.kind(group, "Nothing");
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(*nothing);
  }
}

TEST_F(ContractTest, ReplicasAreReadAndSetWithoutKnowingWhose) {
  const std::string scale = kDeployments.object(ns_, "scaled", "scale");
  const json::Value pods = {
      {"metadata", {{"labels", {{"app", "x"}}}}},
      {"spec", {{"containers", json::Value::array({{{"name", "a"}, {"image", "b"}}})}}}};
  const auto made = client_->create(
      kDeployments.collection(ns_),
      {{"apiVersion", "apps/v1"},
       {"kind", "Deployment"},
       {"metadata", {{"name", "scaled"}}},
       {"spec",
        {{"replicas", 0}, {"selector", {{"matchLabels", {{"app", "x"}}}}}, {"template", pods}}}});
  ASSERT_TRUE(made) << made.error().message;
  const ApiResult<Scale> first = read_scale(*client_, scale);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->wanted, 0);
  EXPECT_EQ(first->selector, "app=x");
  // A cluster's own controllers write its status meanwhile: then it is read again.
  ApiResult<Scale> second = write_scale(*client_, scale, 2, first->resource_version);
  for (int tries = 0; tries < 100 && !second && second.error().conflict(); ++tries) {
    second = write_scale(*client_, scale, 2, read_scale(*client_, scale)->resource_version);
  }
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->wanted, 2);
  EXPECT_TRUE(write_scale(*client_, scale, 7, first->resource_version).error().conflict())
      << "somebody has changed it since";
  EXPECT_EQ(write_scale(*client_, scale, 0, "")->wanted, 0) << "whoever did";
  EXPECT_TRUE(client_->remove(kDeployments.object(ns_, "scaled")));
  EXPECT_TRUE(read_scale(*client_, scale).error().not_found());
}

TEST_F(ContractTest, ALeaseHasOneWriter) {
  const std::string lease = kLeases.object(ns_, "election");
  LeaseElection a("a", {});
  LeaseElection b("b", {});
  const std::string wall = "2026-01-01T00:00:00.000000Z";
  const auto first = a.observe(clock_.now(), std::nullopt, wall);
  ASSERT_TRUE(first);
  const auto created =
      client_->create(kLeases.collection(ns_), write_lease(ns_, "election", *first));
  ASSERT_TRUE(created) << created.error().message;
  const LeaseRecord record = read_lease(*created);
  EXPECT_EQ(record.holder, "a");
  EXPECT_FALSE(b.observe(clock_.now(), record, wall));
  const auto renewed = a.observe(clock_.now(), record, "2026-01-01T00:00:02.000000Z");
  ASSERT_TRUE(renewed);
  ASSERT_TRUE(client_->update(lease, write_lease(ns_, "election", *renewed)));
  EXPECT_TRUE(client_->update(lease, write_lease(ns_, "election", *renewed)).error().conflict())
      << "the version it was read at is no more";
  EXPECT_TRUE(client_->remove(lease));
}

TEST_F(ContractTest, AnEventThatHappensAgainIsCountedUp) {
  EventRecorder recorder(*client_, clock_, "penstock-operator-0");
  ObjectMeta regarding;
  regarding.ns = ns_;
  regarding.name = "one";
  regarding.uid = "5ba0b1f7-3f0e-4f37-9d5c-5a2d8bd4c0a1";
  const auto count = [this]() -> std::int64_t {
    const auto listed = client_->get(kEvents.collection(ns_));
    for (const json::Value& event : list_of(*listed, "items")) {
      if (text_of(event, "reason") == "Counted") {
        return std::max<std::int64_t>(1, number_of(member(event, "series"), "count"));
      }
    }
    return 0;
  };
  for (std::int64_t wanted = 1; wanted <= 3; ++wanted) {
    recorder.record(kConfigMaps, regarding, true, "Counted", "it happens");
    const clock::Instant deadline = clock_.now() + std::chrono::seconds(30);
    while (count() != wanted && clock_.now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_EQ(count(), wanted);
  }
}

}  // namespace
}  // namespace penstock::kube
