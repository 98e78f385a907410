#include "sidecar/app/policy_source.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "lib/net/io_context.h"
#include "tests/fakes/fake_key_hasher.h"
#include "tests/fakes/temporary_folder.h"

namespace penstock::app {
namespace {

constexpr const char* kFile = "policy.yaml";
constexpr const char* kTorn = "apiVersion: penstock.dev/v1alpha1\nkind: Optim";
constexpr const char* kWhole =
    "apiVersion: penstock.dev/v1alpha1\n"
    "kind: OptimizationPolicy\n"
    "metadata: {name: chat, namespace: shop}\n"
    "spec: {selector: {matchLabels: {app: chat}}, routing: {tableRef: {name: models}}}\n"
    "---\n"
    "apiVersion: penstock.dev/v1alpha1\n"
    "kind: RoutingTable\n"
    "metadata: {name: models, namespace: shop}\n"
    "spec: {backends: [{name: local, url: \"http://127.0.0.1:9\", dialect: OpenAI}]}\n";

class PolicySourceTest : public testing::Test {
 protected:
  // Runs until the source has told of something; well before it would look on its own.
  void run() { main_.run_for(PolicySource::kPoll / 2); }

  void watch() {
    source_.watch(
        [this](const auto& active) {
          changed_ = active->policy->name;
          main_.stop();
        },
        [this](const std::string& message) {
          problem_ = message;
          main_.stop();
        });
  }

  Options options() const {
    Options options;
    options.resources = folder_.path().string();
    return options;
  }

  fakes::TemporaryFolder folder_;
  Options options_ = options();
  fakes::FakeKeyHasher hasher_;
  http::OriginTable origins_;
  TierSet tiers_{hasher_};
  net::IoContext main_{1};
  PolicySource source_{options_, origins_, tiers_, main_.get_executor()};
  std::string changed_;
  std::string problem_;
};

TEST_F(PolicySourceTest, AVersionThatCameBetweenTheFirstReadAndTheWatchIsSeenAtOnce) {
  folder_.write(kFile, kTorn);
  ASSERT_FALSE(source_.read());
  folder_.write(kFile, kWhole);
  watch();
  run();
  EXPECT_EQ(changed_, "shop/chat");
  EXPECT_EQ(source_.status().last_error, "");
}

TEST_F(PolicySourceTest, ABadVersionKeepsTheGoodOneAndIsToldOnce) {
  folder_.write(kFile, kWhole);
  ASSERT_TRUE(source_.read());
  const std::string good = source_.status().hash;
  watch();
  folder_.write(kFile, kTorn);
  run();
  EXPECT_NE(problem_, "");
  EXPECT_EQ(changed_, "");
  EXPECT_EQ(source_.status().hash, good);
  problem_.clear();
  source_.read_again();
  EXPECT_EQ(problem_, "") << "the same problem again";
}

TEST_F(PolicySourceTest, PriceFilesAreLookedAtToo) {
  const fakes::TemporaryFolder elsewhere;
  const std::string prices = (elsewhere.path() / "prices.json").string();
  std::string priced = kWhole;
  priced.insert(priced.rfind('}'), ", priceFiles: [{format: LiteLLM, path: \"" + prices + "\"}]");
  folder_.write(kFile, priced);
  ASSERT_FALSE(source_.read()) << "there is no such file yet";
  watch();
  elsewhere.write("prices.json", R"({"m": {"input_cost_per_token": 1e-6}})");
  run();
  EXPECT_EQ(changed_, "shop/chat") << problem_;

  changed_.clear();
  main_.restart();
  elsewhere.write("prices.json", R"({"m": {"input_cost_per_token": 2e-6}, "n": {}})");
  run();
  EXPECT_EQ(changed_, "shop/chat") << problem_;
}

}  // namespace
}  // namespace penstock::app
