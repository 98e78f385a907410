#include "sidecar/domain/route_match.h"

#include <map>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

// A policy of these routes, and behind them the one that matches everything.
class RouteMatchTest : public testing::Test {
 protected:
  void routes(std::vector<resolve::Route> routes) {
    policy_.routes = std::move(routes);
    policy_.routes.emplace_back();
  }
  std::size_t match(std::string_view model, std::string_view path = "/v1/chat/completions",
                    const std::map<std::string, std::string, std::less<>>& headers = {}) {
    return match_route(policy_, model, path, [&](std::string_view name) -> std::string_view {
      const auto found = headers.find(name);
      return found == headers.end() ? std::string_view() : found->second;
    });
  }

  resolve::ResolvedPolicy policy_;
};

TEST(MatchesModelTest, ExactOrByPrefix) {
  EXPECT_TRUE(matches_model("gpt-4o", "gpt-4o"));
  EXPECT_FALSE(matches_model("gpt-4o", "gpt-4o-mini"));
  EXPECT_FALSE(matches_model("gpt-4o", "gpt-4"));
  EXPECT_FALSE(matches_model("gpt-4o", "GPT-4o"));
  EXPECT_FALSE(matches_model("gpt-4o", ""));
  EXPECT_TRUE(matches_model("claude-*", "claude-sonnet-5"));
  EXPECT_TRUE(matches_model("claude-*", "claude-"));
  EXPECT_FALSE(matches_model("claude-*", "claude"));
  EXPECT_FALSE(matches_model("claude-*", "my-claude-1"));
  EXPECT_TRUE(matches_model("*", "anything"));
  EXPECT_TRUE(matches_model("*", ""));
}

TEST(MatchesModelTest, AStarMeansTheRestOnlyAtTheEnd) {
  EXPECT_FALSE(matches_model("g*t", "gpt"));
  EXPECT_TRUE(matches_model("g*t", "g*t"));
  EXPECT_TRUE(matches_model("g**", "g*t"));
  EXPECT_FALSE(matches_model("g**", "gpt"));
}

TEST_F(RouteMatchTest, TheFirstThatMatchesWinsElseTheLast) {
  routes({{.models = {"gpt-4o", "o3*"}}, {.models = {"gpt-*"}}, {.models = {"gpt-4o"}}});
  EXPECT_EQ(match("gpt-4o"), 0U);
  EXPECT_EQ(match("o3-mini"), 0U);
  EXPECT_EQ(match("gpt-5"), 1U);
  EXPECT_EQ(match("claude-sonnet-5"), 3U);
  EXPECT_EQ(match(""), 3U);
}

TEST_F(RouteMatchTest, OneRouteTakesEverything) {
  routes({});
  EXPECT_EQ(match("gpt-4o"), 0U);
  EXPECT_EQ(match("", ""), 0U);
}

TEST_F(RouteMatchTest, ByTheBeginningOfThePath) {
  routes({{.path_prefixes = {"/v1/messages", "/anthropic/"}}});
  EXPECT_EQ(match("m", "/v1/messages"), 0U);
  EXPECT_EQ(match("m", "/v1/messages/count_tokens"), 0U);
  EXPECT_EQ(match("m", "/anthropic/x"), 0U);
  EXPECT_EQ(match("m", "/v1/message"), 1U);
  EXPECT_EQ(match("m", "/a/v1/messages"), 1U);
  EXPECT_EQ(match("m", "/V1/messages"), 1U);
}

TEST_F(RouteMatchTest, ByHeadersThatAreThereOrHaveAValue) {
  routes({{.headers = {{"x-team", "red"}, {"x-trial", std::nullopt}}}});
  EXPECT_EQ(match("m", "/", {{"x-team", "red"}, {"x-trial", "anything"}}), 0U);
  EXPECT_EQ(match("m", "/", {{"x-team", "red"}}), 1U);
  EXPECT_EQ(match("m", "/", {{"x-team", "red"}, {"x-trial", ""}}), 1U);
  EXPECT_EQ(match("m", "/", {{"x-team", "Red"}, {"x-trial", "1"}}), 1U);
  EXPECT_EQ(match("m", "/", {{"x-team", "reds"}, {"x-trial", "1"}}), 1U);
  EXPECT_EQ(match("m", "/"), 1U);
}

TEST_F(RouteMatchTest, AllThatARouteSaysMustFit) {
  routes({{.models = {"gpt-*"}, .path_prefixes = {"/v1/"}, .headers = {{"x-team", "red"}}}});
  EXPECT_EQ(match("gpt-4o", "/v1/x", {{"x-team", "red"}}), 0U);
  EXPECT_EQ(match("o3", "/v1/x", {{"x-team", "red"}}), 1U);
  EXPECT_EQ(match("gpt-4o", "/v2/x", {{"x-team", "red"}}), 1U);
  EXPECT_EQ(match("gpt-4o", "/v1/x", {{"x-team", "blue"}}), 1U);
}

}  // namespace
}  // namespace penstock::domain
