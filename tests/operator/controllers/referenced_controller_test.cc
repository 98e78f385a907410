#include "operator/controllers/referenced_controller.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace penstock::controllers {
namespace {

using namespace std::chrono_literals;

// Says yes to every write, and keeps what came.
class Accepting final : public kube::Transport {
 public:
  kube::ApiResult<kube::Response> call(const kube::Request& request) override {
    came.push_back(request.method + " " + request.path);
    return kube::Response{.status = status, .body = "{}"};
  }
  kube::ApiResult<kube::Response> stream(
      const kube::Request& /*request*/, std::stop_token /*stop*/,
      const std::function<bool(std::string_view)>& /*on_bytes*/) override {
    return kube::Response{.status = 404};
  }

  int status = 200;
  std::vector<std::string> came;
};

// A namespace with one tier, whose users come and go.
class ReferencedControllerTest : public ::testing::Test {
 protected:
  void add_tier(const std::string& name) {
    stores_.tiers.put(std::make_shared<const reconcile::Document>(
        reconcile::Document{.meta = {.ns = "ns", .name = name}}));
  }
  void add_user(const std::string& policy) {
    reconcile::Policy user;
    user.meta.ns = "ns";
    user.meta.name = policy;
    user.parsed.caching.emplace().tiers = {{.ref = {"t"}}};
    stores_.policies.put(std::make_shared<const reconcile::Policy>(std::move(user)));
  }

  fakes::FakeClock clock_;
  Accepting server_;
  kube::Client client_{server_, clock_, {}};
  Stores stores_{{}};
  ReferencedController controller_{stores_, client_, clock_};
};

TEST_F(ReferencedControllerTest, AStatusIsWrittenOnceASecond) {
  add_tier("t");
  EXPECT_FALSE(controller_.reconcile_tier("ns", "t").again_in) << "the first is written at once";
  ASSERT_EQ(server_.came.size(), 1U);
  EXPECT_TRUE(server_.came[0].starts_with("PATCH ")) << server_.came[0];
  for (int i = 0; i < 10; ++i) {
    clock_.advance(90ms);
    add_user("p" + std::to_string(i));
    EXPECT_EQ(controller_.reconcile_tier("ns", "t").again_in, 1'000ms - (i + 1) * 90ms);
  }
  EXPECT_EQ(server_.came.size(), 1U);
  clock_.advance(100ms);
  EXPECT_FALSE(controller_.reconcile_tier("ns", "t").again_in);
  EXPECT_EQ(server_.came.size(), 2U) << "with all that changed meanwhile";
}

TEST_F(ReferencedControllerTest, OneWaitsForNoOtherAndNotForWhatFailedOrIsGone) {
  add_tier("t");
  add_tier("other");
  EXPECT_FALSE(controller_.reconcile_tier("ns", "t").again_in);
  EXPECT_FALSE(controller_.reconcile_tier("ns", "other").again_in);
  EXPECT_EQ(server_.came.size(), 2U);

  stores_.tiers.remove("ns", "t");
  EXPECT_TRUE(controller_.reconcile_tier("ns", "t").succeeded);
  add_tier("t");
  server_.status = 503;
  EXPECT_FALSE(controller_.reconcile_tier("ns", "t").succeeded);
  server_.status = 200;
  EXPECT_FALSE(controller_.reconcile_tier("ns", "t").again_in);
  EXPECT_EQ(server_.came.size(), 4U);
}

}  // namespace
}  // namespace penstock::controllers
