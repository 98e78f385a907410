#include "lib/signals/report_json.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace penstock::signals {
namespace {

Report busy() {
  Report report;
  report.start_id = "00a1b2c3d4e5f607";
  report.uptime_ms = 86'400'000;
  report.requests = {.started = 120'000,
                     .finished = 119'980,
                     .client_errors = 12,
                     .upstream_errors = 3,
                     .own_errors = 1};
  report.calls = {.started = 70'000, .finished = 69'984};
  report.cache = {.hits = 40'000, .partial_hits = 2, .misses = 60'000, .joins = 9'000};
  report.tokens = {.prefill = 81'000'000,
                   .prefix_cached = 30'000'000,
                   .decode = 14'000'000,
                   .saved_prompt = 48'000'000,
                   .saved_completion = 9'000'000};
  report.running = 16;
  report.waiting = 4;
  report.held = 2;
  report.hold_arrivals = 9;
  // Thirty buckets each, as a day of one model fills them: 60 ms … 1 s and 10 … 130 ms.
  for (std::uint64_t us = 60'000; us < 1'000'000; us += 4'000) {
    report.time_to_first_token.add(us);
  }
  for (std::uint64_t us = 10'000; us < 130'000; us += 500) {
    report.time_per_output_token.add(us);
  }
  report.engine = EngineLoad{.name = "vllm",
                             .age_ms = 412,
                             .kv_usage = 0.4375,
                             .kv_capacity_tokens = 432'000,
                             .running = 16,
                             .waiting = 2,
                             .preemptions = 7};
  return report;
}

// Its message, or "read" where there is none.
std::string error_of(const std::string& text) {
  const Result<Report> read = read_report(text);
  return read ? "read" : read.error().detail;
}

nlohmann::json as_json(const Report& report) {
  return nlohmann::json::parse(to_json(report));
}

TEST(ReportJsonTest, ComesBackAsItWas) {
  const Result<Report> read = read_report(to_json(busy()));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, busy());
  EXPECT_EQ(read->tokens.prompt(), 129'000'000);
}

TEST(ReportJsonTest, OfANewProcessToo) {
  Report fresh;
  fresh.start_id = "1";
  const Result<Report> read = read_report(to_json(fresh));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, fresh);
  EXPECT_FALSE(read->engine);
}

TEST(ReportJsonTest, MissingIsMissingAndZeroIsZero) {
  Report report = busy();
  report.engine = EngineLoad{.name = "llamacpp", .waiting = 0};
  const nlohmann::json engine = as_json(report)["engine"];
  EXPECT_EQ(engine, nlohmann::json({{"name", "llamacpp"}, {"ageMs", 0}, {"waiting", 0}}));
  const Result<Report> read = read_report(to_json(report));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->engine->waiting, 0);
  EXPECT_FALSE(read->engine->running);
  EXPECT_FALSE(read->engine->kv_usage);
}

TEST(ReportJsonTest, HistogramsHoldOnlyBucketsThatAreNotEmpty) {
  Report report;
  report.start_id = "1";
  report.time_to_first_token.add(3);
  report.time_to_first_token.add(3);
  report.time_to_first_token.add(1000);  // bucket 63
  EXPECT_EQ(as_json(report)["timeToFirstToken"],
            nlohmann::json({{"sumUs", 1006}, {"buckets", {3, 2, 60, 1}}}));
  EXPECT_EQ(as_json(report)["timePerOutputToken"],
            nlohmann::json({{"sumUs", 0}, {"buckets", nlohmann::json::array()}}));
}

TEST(ReportJsonTest, IsSmall) {
  EXPECT_LT(to_json(busy()).size(), 2'048U);
}

TEST(ReportJsonTest, IsBoundedWhateverIsInIt) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  Report full = busy();
  full.uptime_ms = full.requests.started = full.requests.finished = kMost;
  full.tokens = {kMost, kMost, kMost, kMost, kMost};
  full.time_to_first_token.counts.fill(static_cast<std::uint64_t>(kMost));
  full.time_per_output_token.counts.fill(static_cast<std::uint64_t>(kMost));
  const std::string text = to_json(full);
  EXPECT_LE(text.size(), kReportBytesMax);
  EXPECT_EQ(error_of(text), "read");
}

TEST(ReportJsonTest, LaterVersionsAreReadAsFarAsTheyAreKnown) {
  nlohmann::json later = as_json(busy());
  later["version"] = 9;
  later["mood"] = {{"level", 3}};
  later["requests"]["retried"] = 4;
  later["engine"]["name"] = "an engine of tomorrow";
  later["engine"]["draft"] = true;
  later["timeToFirstToken"]["exemplars"] = nlohmann::json::array({1, 2});
  const Result<Report> read = read_report(later.dump());
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->version, 9);
  EXPECT_EQ(read->requests, busy().requests);
  EXPECT_EQ(read->engine->name, "an engine of tomorrow");
  EXPECT_EQ(read->time_to_first_token, busy().time_to_first_token);
}

struct BadCase {
  const char* name;
  const char* pointer;  // what is put at it …
  const char* value;    // … as JSON; empty: it is taken away
};

class BadReportTest : public testing::TestWithParam<BadCase> {};

TEST_P(BadReportTest, IsRefused) {
  nlohmann::json report = as_json(busy());
  const nlohmann::json::json_pointer at(GetParam().pointer);
  if (*GetParam().value == '\0') {
    report.at(at.parent_pointer()).erase(at.back());
  } else {
    report[at] = nlohmann::json::parse(GetParam().value);
  }
  EXPECT_NE(error_of(report.dump()), "read");
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BadReportTest,
    testing::Values(
        BadCase{"NoVersion", "/version", ""}, BadCase{"VersionZero", "/version", "0"},
        BadCase{"VersionOfText", "/version", "\"1\""}, BadCase{"NoStartId", "/startId", ""},
        BadCase{"LongStartId", "/startId",
                "\"00112233445566778899001122334455667788990011223344556677889900112\""},
        BadCase{"NoRequests", "/requests", ""}, BadCase{"RequestsOfAnotherKind", "/requests", "[]"},
        BadCase{"NegativeCount", "/requests/started", "-1"},
        BadCase{"FractionOfARequest", "/requests/started", "1.5"},
        BadCase{"HugeCount", "/tokens/decode", "9223372036854775808"},
        BadCase{"NoTokenCount", "/tokens/prefill", ""},
        BadCase{"KvUsageAboveOne", "/engine/kvUsage", "43.7"},
        BadCase{"NoHistogram", "/timeToFirstToken", ""},
        BadCase{"HalfAPair", "/timeToFirstToken/buckets", "[1]"},
        BadCase{"NoSuchBucket", "/timeToFirstToken/buckets", "[240, 1]"},
        BadCase{"WalksPastTheEnd", "/timeToFirstToken/buckets", "[239, 1, 1, 1]"},
        BadCase{"TheSameBucketTwice", "/timeToFirstToken/buckets", "[3, 1, 0, 1]"},
        BadCase{"NegativeBucketCount", "/timeToFirstToken/buckets", "[3, -1]"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ReportJsonTest, WhatIsNoReportIsRefused) {
  EXPECT_EQ(error_of(""), "a report is no JSON");
  EXPECT_EQ(error_of("<html>"), "a report is no JSON");
  EXPECT_NE(error_of("[]"), "read");
  EXPECT_NE(error_of("{}"), "read");
  EXPECT_EQ(error_of(std::string(kReportBytesMax + 1, ' ')), "a report is too long");
  EXPECT_NE(error_of(std::string(kReportBytesMax / 2, '[')), "read");
}

// An error is logged: it must not carry what a stranger put into a report.
TEST(ReportJsonTest, ErrorsNameTheFieldOnly) {
  nlohmann::json report = as_json(busy());
  report["startId"] = std::string(100, 's');
  EXPECT_EQ(error_of(report.dump()).find("ssss"), std::string::npos);
  EXPECT_NE(error_of(report.dump()).find("startId"), std::string::npos);
}

}  // namespace
}  // namespace penstock::signals
