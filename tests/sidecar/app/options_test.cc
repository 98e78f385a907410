#include "sidecar/app/options.h"

#include <array>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::app {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Variables = std::map<std::string, std::string>;

ParsedOptions parse(std::vector<std::string> words) {
  words.insert(words.begin(), "penstock-sidecar");
  std::vector<char*> arguments;
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

// With these variables set, and no others of ours.
// NOLINTBEGIN(concurrency-mt-unsafe): one thread
ParsedOptions parse_with(const Variables& variables, const std::vector<std::string>& words = {}) {
  for (const auto& [name, value] : variables) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  ParsedOptions parsed = parse(words);
  for (const auto& [name, value] : variables) {
    ::unsetenv(name.c_str());
  }
  return parsed;
}
// NOLINTEND(concurrency-mt-unsafe)

std::vector<std::string> texts(const std::vector<ListenAddress>& addresses) {
  std::vector<std::string> result;
  for (const ListenAddress& address : addresses) {
    result.push_back(address.text());
  }
  return result;
}

// Every variable that --help names, as it names them.
std::set<std::string> documented() {
  testing::internal::CaptureStdout();
  parse({"--help"});
  const std::string help = testing::internal::GetCapturedStdout();
  constexpr std::string_view kMark = "(Env:";
  std::set<std::string> names;
  for (std::size_t at = help.find(kMark); at != std::string::npos; at = help.find(kMark, at)) {
    at += kMark.size();
    names.insert(help.substr(at, help.find(')', at) - at));
  }
  return names;
}

struct Case {
  Variables variables;
  std::function<void(const Options&)> check;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {{{"PENSTOCK_RESOURCES", "/p"},
        {"PENSTOCK_POLICY", "ns/name"},
        {"PENSTOCK_SECRETS_DIR", "/s"},
        {"PENSTOCK_ENGINE_PORT", "8001"},
        {"PENSTOCK_CHECK", "true"}},
       [](const Options& got) {
         EXPECT_EQ(got.resources, "/p");
         EXPECT_EQ(got.policy, "ns/name");
         EXPECT_EQ(got.secrets_dir, "/s");
         ASSERT_TRUE(got.pass_through);
         EXPECT_EQ(got.pass_through->engine_port, 8001);
         EXPECT_TRUE(got.check);
       }},
      {{{"PENSTOCK_RESOURCES", "/p"},
        {"PENSTOCK_OPENAI_URL", "https://o.example/v1"},
        {"PENSTOCK_ANTHROPIC_URL", "https://a.example"}},
       [](const Options& got) {
         ASSERT_TRUE(got.pass_through && got.pass_through->providers);
         EXPECT_EQ(got.pass_through->providers->openai, "https://o.example/v1");
         EXPECT_EQ(got.pass_through->providers->anthropic, "https://a.example");
       }},
      // A Service named penstock-engine in the namespace.
      {{{"PENSTOCK_RESOURCES", "/p"},
        {"PENSTOCK_OPENAI_URL", "https://o.example/v1"},
        {"PENSTOCK_ANTHROPIC_URL", "https://a.example"},
        {"PENSTOCK_ENGINE_PORT", "tcp://10.0.0.1:80"}},
       [](const Options& got) {
         ASSERT_TRUE(got.pass_through && got.pass_through->providers);
         EXPECT_FALSE(got.pass_through->engine_port);
       }},
      {{{"PENSTOCK_UPSTREAM", "http://m:80"}, {"PENSTOCK_CACHE", "256Mi"}},
       [](const Options& got) {
         EXPECT_EQ(got.upstream, "http://m:80");
         EXPECT_EQ(got.cache_bytes, 256U << 20U);
       }},
      {{{"PENSTOCK_UPSTREAM", "http://m:80"},
        {"PENSTOCK_HOLD", "5m"},
        {"PENSTOCK_HOLD_REQUESTS", "7"}},
       [](const Options& got) {
         EXPECT_EQ(got.hold, minutes(5));
         EXPECT_EQ(got.hold_requests, 7U);
       }},
      {{{"PENSTOCK_UPSTREAM", "http://m:80"},
        {"PENSTOCK_LISTEN", "127.0.0.1:1,[::1]:2"},
        {"PENSTOCK_STATUS", ":3"},
        {"PENSTOCK_ADMIN", "127.0.0.1:4"},
        {"PENSTOCK_STATUS_TOKEN_FILE", "/t"},
        {"PENSTOCK_ENGINE_METRICS", "http://e:5/m"},
        {"PENSTOCK_WORKERS", "3"},
        {"PENSTOCK_DRAIN_DELAY", "2s"},
        {"PENSTOCK_DRAIN_GRACE", "1m"},
        {"PENSTOCK_ACCESS_LOG", "false"}},
       [](const Options& got) {
         EXPECT_EQ(texts(got.listen), (std::vector<std::string>{"127.0.0.1:1", "[::1]:2"}));
         EXPECT_EQ(got.status->text(), ":3");
         EXPECT_EQ(got.admin->text(), "127.0.0.1:4");
         EXPECT_EQ(got.admin_token_file, "/t");
         EXPECT_EQ(got.engine_metrics->path, "/m");
         EXPECT_EQ(got.workers, 3U);
         EXPECT_EQ(got.drain_delay, seconds(2));
         EXPECT_EQ(got.drain_grace, minutes(1));
         EXPECT_FALSE(got.access_log);
       }},
  };
  return kCases;
}

TEST(OptionsTest, EveryFlagCanBeAVariable) {
  std::set<std::string> set;
  for (const Case& each : cases()) {
    SCOPED_TRACE(each.variables.begin()->first + ", " + each.variables.rbegin()->first);
    const ParsedOptions parsed = parse_with(each.variables);
    ASSERT_TRUE(parsed.options);
    each.check(*parsed.options);
    for (const auto& [name, value] : each.variables) {
      set.insert(name);
    }
  }
  EXPECT_EQ(set, documented());
}

TEST(OptionsTest, AHooksFlagCanBeAVariableToo) {
  const ParsedOptions parsed = parse_with({{"PENSTOCK_ADMIN", "127.0.0.1:4"}}, {"drain"});
  ASSERT_TRUE(parsed.hook);
  EXPECT_EQ(parsed.hook->admin.text(), "127.0.0.1:4");
}

TEST(OptionsTest, AFlagWinsOverItsVariable) {
  const ParsedOptions parsed =
      parse_with({{"PENSTOCK_UPSTREAM", "http://a:80"}, {"PENSTOCK_LISTEN", ":1,:2"}},
                 {"--listen", ":3", "--upstream", "http://b:80"});
  ASSERT_TRUE(parsed.options);
  EXPECT_EQ(parsed.options->upstream, "http://b:80");
  EXPECT_EQ(texts(parsed.options->listen), std::vector<std::string>{":3"});
}

TEST(OptionsTest, ListenRepeatsAndTakesLists) {
  const ParsedOptions parsed =
      parse({"--upstream", "http://a:80", "--listen", ":1", "--listen", ":2,:3"});
  ASSERT_TRUE(parsed.options);
  EXPECT_EQ(texts(parsed.options->listen), (std::vector<std::string>{":1", ":2", ":3"}));
}

TEST(OptionsTest, WhatMeansNothingIsAnError) {
  const std::array<std::vector<std::string>, 4> wrong = {
      std::vector<std::string>{"--policy", "a/b"}, {"--secrets-dir", "/s"}, {"--cache", "1Mi"}, {}};
  for (std::vector<std::string> words : wrong) {
    SCOPED_TRACE(words.empty() ? "neither" : words.front());
    if (!words.empty() && words.front() != "--cache") {
      words.insert(words.end(), {"--upstream", "http://a:80"});
    }
    testing::internal::CaptureStderr();
    const ParsedOptions parsed = parse(words);
    EXPECT_FALSE(parsed.options);
    EXPECT_NE(parsed.exit_code, 0);
    EXPECT_FALSE(testing::internal::GetCapturedStderr().empty());
  }
}

}  // namespace
}  // namespace penstock::app
