#include <algorithm>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "deploy/demo/load/outcome.h"
#include "deploy/demo/load/plan.h"
#include "deploy/demo/load/runner.h"
#include "deploy/demo/load/trace.h"

namespace penstock::demo::load {
namespace {

using nlohmann::json;

TEST(PlanTest, TheSameOptionsMakeTheSamePlan) {
  MixOptions options;
  options.requests = 50;
  const Plan first = mix_plan(options, sample_prompts());
  const Plan second = mix_plan(options, sample_prompts());
  ASSERT_EQ(first.size, 50U);
  for (std::size_t i = 0; i < first.size; ++i) {
    EXPECT_EQ(first.at(i).body, second.at(i).body);
    EXPECT_TRUE(json::accept(first.at(i).body)) << first.at(i).body;
  }
}

TEST(PlanTest, RepeatShareDecidesHowManyPromptsAreNew) {
  MixOptions options;
  options.requests = 2000;
  options.stream_share = 0;
  const auto distinct = [&options](double share) {
    options.repeat_share = share;
    const Plan plan = mix_plan(options, sample_prompts());
    std::map<std::string, int> bodies;
    for (std::size_t i = 0; i < plan.size; ++i) {
      ++bodies[plan.at(i).path + plan.at(i).body];
    }
    return static_cast<double>(bodies.size());
  };
  EXPECT_EQ(distinct(0), 2000);
  EXPECT_EQ(distinct(1), 1);
  // Binomial with n = 2000, p = 0.5: standard deviation 22.4.
  EXPECT_NEAR(distinct(0.5), 1000, 5 * 22.4);
}

TEST(PlanTest, DialectsAreNamed) {
  EXPECT_EQ(kinds_of("openai, responses")->size(), 2U);
  EXPECT_FALSE(kinds_of("gemini"));
  EXPECT_FALSE(kinds_of(""));
}

TEST(PlanTest, PromptsComeFromFirstTurns) {
  const auto prompts = read_prompts("{\"turns\":[\"a\",\"b\"]}\n\n{\"turns\":[\"c\"]}\n");
  ASSERT_TRUE(prompts);
  EXPECT_EQ(*prompts, (std::vector<std::string>{"a", "c"}));
  EXPECT_FALSE(read_prompts("{\"turns\":[]}"));
  EXPECT_FALSE(read_prompts("not json"));
  EXPECT_FALSE(read_prompts(""));
}

constexpr std::string_view kMooncake =
    "{\"timestamp\": 1000, \"input_length\": 600, \"output_length\": 5, \"hash_ids\": [7, 8]}\n"
    "{\"timestamp\": 4000, \"input_length\": 700, \"output_length\": 9, \"hash_ids\": [7, 9]}\n";

TEST(TraceTest, ReadsMooncake) {
  ASSERT_EQ(format_of(kMooncake), TraceFormat::kMooncake);
  const auto rows = read_trace(kMooncake, TraceFormat::kMooncake, 10);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].at.count(), 0);
  EXPECT_EQ((*rows)[1].at.count(), 3000);
  EXPECT_EQ((*rows)[1].blocks, (std::vector<std::int64_t>{7, 9}));
}

TEST(TraceTest, ReadsAzureAcrossMidnight) {
  constexpr std::string_view kText =
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 23:59:59.5000000,374,44\r\n"
      "2023-11-17 00:00:01.2500000,396,109\r\n";
  ASSERT_EQ(format_of(kText), TraceFormat::kAzure);
  const auto rows = read_trace(kText, TraceFormat::kAzure, 10);
  ASSERT_TRUE(rows);
  EXPECT_EQ((*rows)[1].at.count(), 1750);
  EXPECT_EQ((*rows)[1].input_tokens, 396);
  EXPECT_EQ((*rows)[1].output_tokens, 109);
}

TEST(TraceTest, BrokenLinesAreNamed) {
  const auto rows = read_trace("{\"timestamp\": 1, \"input_length\": -1, \"output_length\": 1}\n",
                               TraceFormat::kMooncake, 10);
  ASSERT_FALSE(rows);
  EXPECT_NE(rows.error().detail.find("line 1"), std::string::npos);
  EXPECT_FALSE(read_trace("2023-13-16 00:00:00,1,1\n", TraceFormat::kAzure, 10));
  EXPECT_FALSE(read_trace("", TraceFormat::kAzure, 10));
}

TEST(TraceTest, EqualBlocksBecomeEqualPrefixes) {
  const auto rows = read_trace(kMooncake, TraceFormat::kMooncake, 10);
  const Plan plan = trace_plan({.speed = 3, .stream_share = 0}, *rows);
  const auto prompt = [&plan](std::size_t i) {
    return json::parse(plan.at(i).body)["messages"][1]["content"].get<std::string>();
  };
  const std::string first = prompt(0);
  const std::string second = prompt(1);
  const auto differs =
      std::mismatch(first.begin(), first.end(), second.begin()).first - first.begin();
  // The shared block is 512 words; what follows are words of other seeds.
  EXPECT_GE(std::count(first.begin(), first.begin() + differs, ' '), 511);
  EXPECT_NE(first, second);
  EXPECT_EQ(plan.at(1).due, std::chrono::seconds(1));
  EXPECT_EQ(json::parse(plan.at(1).body)["max_tokens"], 9);
}

TEST(OutcomeTest, ReadsCacheStatus) {
  EXPECT_EQ(cache_state(""), CacheState::kUnknown);
  EXPECT_EQ(cache_state("penstock; hit; ttl=287"), CacheState::kHit);
  EXPECT_EQ(cache_state("penstock; fwd=miss; collapsed"), CacheState::kCollapsed);
  EXPECT_EQ(cache_state("penstock; fwd=uri-miss; stored"), CacheState::kMiss);
  EXPECT_EQ(cache_state("penstock; fwd=bypass"), CacheState::kBypass);
}

TEST(OutcomeTest, TheLastUsageCounts) {
  const SeenUsage seen = seen_usage(
      R"(data: {"usage":{"input_tokens":5,"output_tokens":1}} data: {"usage":{"output_tokens":77}})");
  EXPECT_EQ(seen.input, 5);
  EXPECT_EQ(seen.output, 77);
  EXPECT_EQ(seen_usage("no usage").output, 0);
}

TEST(OutcomeTest, PercentilesAreNearestRank) {
  Tally tally;
  for (int i = 1; i <= 100; ++i) {
    Outcome outcome;
    outcome.status = 200;
    outcome.complete = true;
    outcome.first_ms = i;
    tally.add(outcome);
  }
  Outcome lost;
  tally.add(lost);
  EXPECT_EQ(tally.first_ms(0.50), 50);
  EXPECT_EQ(tally.first_ms(0.99), 99);
  EXPECT_EQ(tally.requests(), 101U);
  EXPECT_EQ(tally.errors(), 1U);
}

TEST(TargetTest, ReadsUrls) {
  const auto target = target_of("http://[::1]:8080/prefix/");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->host, "::1");
  EXPECT_EQ(target->port, 8080);
  EXPECT_EQ(target->prefix, "/prefix");
  EXPECT_EQ(target_of("http://localhost")->port, 80);
  for (const std::string_view url :
       {"localhost:1", "https://x", "http://", "http://x:0", "http://x:y"}) {
    EXPECT_FALSE(target_of(url)) << url;
  }
}

}  // namespace
}  // namespace penstock::demo::load
