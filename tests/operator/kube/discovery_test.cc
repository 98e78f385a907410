#include "operator/kube/discovery.h"

#include <gtest/gtest.h>

#include "lib/json/text.h"
#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"

namespace penstock::kube {
namespace {

constexpr const char* kGroup = "autoscaling.x-k8s.io";
const std::vector<std::string> kVersions = {"v1beta1", "v1alpha1"};

class DiscoveryTest : public ::testing::Test {
 protected:
  // The version that is served, "none", or "error".
  std::string version() {
    const auto found = discovery_.resource(kGroup, kVersions, "capacitybuffers");
    return !found ? "error" : *found ? (*found)->version : "none";
  }

  void serve(const std::string& version) {
    server_.serve(
        std::string(kGroup) + "/" + version,
        json::Value::array(
            {{{"name", "capacitybuffers"}, {"kind", "CapacityBuffer"}, {"namespaced", true}}}));
  }

  fakes::FakeClock clock_;
  fakes::FakeApiServer server_;
  HttpTransport transport_{server_.config(), clock_};
  Client client_{transport_, clock_, {}};
  Discovery discovery_{client_, clock_};
};

TEST_F(DiscoveryTest, WhatAppearsIsFoundAfterAWhileAndTheBestVersionOfIt) {
  EXPECT_EQ(version(), "none");
  serve("v1alpha1");
  EXPECT_EQ(version(), "none") << "asked a moment ago";
  clock_.advance(Discovery::kAbsentFor);
  EXPECT_EQ(version(), "v1alpha1");
  serve("v1beta1");
  clock_.advance(Discovery::kAbsentFor);
  EXPECT_EQ(version(), "v1beta1");
}

TEST_F(DiscoveryTest, WhatGoesIsMissedAfterAWhileOrWhenToldSo) {
  serve("v1beta1");
  EXPECT_EQ(version(), "v1beta1");
  server_.serve("autoscaling.x-k8s.io/v1beta1", {});
  EXPECT_EQ(version(), "v1beta1");
  discovery_.forget("autoscaling.x-k8s.io/v1beta1");
  EXPECT_EQ(version(), "none");
  serve("v1beta1");
  clock_.advance(Discovery::kAbsentFor);
  EXPECT_EQ(version(), "v1beta1");
  server_.serve("autoscaling.x-k8s.io/v1beta1", {});
  clock_.advance(Discovery::kServedFor);
  EXPECT_EQ(version(), "none");
}

TEST_F(DiscoveryTest, AServerOutOfOrderChangesNothingOfWhatIsKnown) {
  server_.fail_next("GET /apis/autoscaling.x-k8s.io", {.status = 503});
  EXPECT_EQ(version(), "error") << "nothing is known yet";
  serve("v1beta1");
  EXPECT_EQ(version(), "v1beta1");
  server_.fail_next("GET /apis/autoscaling.x-k8s.io", {.status = 503}, 10);
  clock_.advance(Discovery::kServedFor);
  EXPECT_EQ(version(), "v1beta1");
}

TEST_F(DiscoveryTest, AnswersAreKept) {
  serve("v1beta1");
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(version(), "v1beta1");
  }
  EXPECT_EQ(server_.requests().size(), 1U);
}

}  // namespace
}  // namespace penstock::kube
