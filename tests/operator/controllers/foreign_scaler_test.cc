#include "operator/controllers/foreign_scaler.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include <gtest/gtest.h>

#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using reconcile::yaml;

class ForeignScalerTest : public ::testing::Test {
 protected:
  // What it says once `manager` owns the replicas, which wrote then.
  std::string look(const std::string& manager, int second, bool applies = false) {
    LiveTarget live;
    live.replica_owners = {{.manager = manager,
                            .applies = applies,
                            .time = "2026-01-01T00:00:" + std::string(second < 10 ? "0" : "") +
                                    std::to_string(second) + "Z"}};
    return foreign_.look(client_, live, clock_.now());
  }
  // It sets replicas over what the operator has just written.
  std::string overwrite(const std::string& manager, int second) {
    foreign_.wrote(clock_.now());
    return look(manager, second);
  }

  fakes::FakeApiServer server_;
  fakes::FakeClock clock_;
  kube::HttpTransport transport_{server_.config(), clock_};
  kube::Client client_{transport_, clock_, {}};
  ForeignScaler foreign_;
};

const std::string kSetsBack =
    "field manager \"scaler\", which sets spec.replicas back (kubectl scale ends that),";

TEST_F(ForeignScalerTest, WhoAppliesReplicasIsOneAtOnceAndAsLongAsItDoes) {
  EXPECT_EQ(
      look("scaler", 1, true),
      "field manager \"scaler\", which applies spec.replicas (take that out of what it applies),");
  EXPECT_EQ(look("scaler", 1, false), "");
}

TEST_F(ForeignScalerTest, WhoSetsThemIsOneAtTheSecondTakeover) {
  EXPECT_EQ(look("scaler", 1), "") << "who made it";
  EXPECT_EQ(overwrite("scaler", 2), "") << "as a person would";
  EXPECT_EQ(overwrite("scaler", 3), kSetsBack);
  EXPECT_EQ(look("scaler", 3), kSetsBack);
  EXPECT_EQ(look("kubectl", 4), "") << "a person has taken them";
}

TEST_F(ForeignScalerTest, WhoSetsThemNowAndThenIsAPerson) {
  EXPECT_EQ(look("k9s", 1), "");
  for (int second = 2; second < 9; ++second) {
    foreign_.wrote(clock_.now());
    clock_.advance(std::chrono::hours(1));
    EXPECT_EQ(look("k9s", second), "") << second;
  }
}

TEST_F(ForeignScalerTest, WhoGoesOnIsNotTriedAgain) {
  EXPECT_EQ(look("scaler", 1), "");
  overwrite("scaler", 2);
  EXPECT_EQ(overwrite("scaler", 3), kSetsBack);
  for (int second = 4; second < 9; ++second) {
    clock_.advance(ForeignScaler::kRemembered - std::chrono::hours(1));
    EXPECT_EQ(look("scaler", second), kSetsBack) << second;
  }
}

TEST_F(ForeignScalerTest, WhatIsNotNewerThanTheOperatorsWriteIsNoTakeover) {
  EXPECT_EQ(look("scaler", 1), "");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(overwrite("scaler", 1), "") << "the watch lags";
  }
  for (int second = 2; second < 9; ++second) {
    EXPECT_EQ(look("scaler", second), "") << "other fields of its own, or more replicas";
  }
}

TEST_F(ForeignScalerTest, WhatAnotherLeaderWroteCountsAsTheOperators) {
  EXPECT_EQ(look("penstock-operator", 1), "");
  EXPECT_EQ(look("scaler", 2), "");
  EXPECT_EQ(look("penstock-operator", 3), "");
  EXPECT_EQ(look("scaler", 4), kSetsBack);
}

TEST_F(ForeignScalerTest, APersonsToolsAreNone) {
  for (const char* tool : {"kubectl", "kubectl-edit", "kubectl-client-side-apply", "helm"}) {
    EXPECT_EQ(look(tool, 1, true), "") << tool;
    for (int second = 2; second < 9; ++second) {
      EXPECT_EQ(overwrite(tool, second), "") << tool;
    }
  }
  EXPECT_EQ(overwrite("kube-controller-manager", 1), "");
  EXPECT_EQ(overwrite("kube-controller-manager", 2), "") << "its HPA tells";
  EXPECT_NE(look("kubectlx", 1, true), "");
}

TEST_F(ForeignScalerTest, AfterADayItIsTriedAgainOnce) {
  look("scaler", 1);
  overwrite("scaler", 2);
  ASSERT_EQ(overwrite("scaler", 3), kSetsBack);
  clock_.advance(ForeignScaler::kRemembered);
  EXPECT_EQ(look("scaler", 3), "");
  EXPECT_EQ(look("scaler", 3), "");
  EXPECT_EQ(overwrite("scaler", 4), kSetsBack) << "it is there still";
  clock_.advance(ForeignScaler::kRemembered);
  EXPECT_EQ(look("scaler", 4), "");
  clock_.advance(ForeignScaler::kRemembered);
  EXPECT_EQ(look("scaler", 4), "");
  EXPECT_EQ(overwrite("scaler", 5), "") << "once in days";
}

TEST_F(ForeignScalerTest, OfManagersBeyondTheBoundNothingIsRemembered) {
  for (std::size_t i = 0; i < ForeignScaler::kKnownMax; ++i) {
    look("m" + std::to_string(i), 1);
  }
  for (int second = 2; second < 9; ++second) {
    EXPECT_EQ(overwrite("scaler", second), "");
  }
}

TEST_F(ForeignScalerTest, AnObjectThatIsNotWatchedIsReadOnceAVersion) {
  const std::string path = "/apis/example.com/v1/namespaces/ns/models/m";
  ASSERT_TRUE(client_.create(
      "/apis/example.com/v1/namespaces/ns/models",
      yaml("{apiVersion: example.com/v1, kind: Model, metadata: {name: m, namespace: ns, "
           "managedFields: [{manager: scaler, operation: Apply, fieldsV1: {f:spec: {f:replicas: "
           "{}}}}]}}")));
  LiveTarget live;
  live.object = path;
  live.resource_version = "1";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(foreign_.look(client_, live, clock_.now()),
              "field manager \"scaler\", which applies spec.replicas (take that out of what it "
              "applies),");
  }
  EXPECT_EQ(std::ranges::count(server_.requests(), "GET " + path), 1);
  live.resource_version = "2";
  server_.fail_next("GET " + path, {.status = 403, .body = "", .retry_after = ""});
  EXPECT_NE(foreign_.look(client_, live, clock_.now()), "") << "what it said before";
  EXPECT_EQ(std::ranges::count(server_.requests(), "GET " + path), 2);
}

}  // namespace
}  // namespace penstock::controllers
