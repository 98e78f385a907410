#include "sidecar/request/request_record_json.h"

#include <chrono>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sidecar/request/json_text.h"

namespace penstock::request {
namespace {

using std::chrono::microseconds;

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string shown(const RequestRecord& record) {
  std::string out;
  append_json(out, record);
  return out;
}

TEST(JsonTextTest, EscapesWhatMustBe) {
  EXPECT_EQ(quoted(""), R"("")");
  EXPECT_EQ(quoted("plain/path-1"), R"("plain/path-1")");
  EXPECT_EQ(quoted("a\"b\\c\n\r\t\x01\x1f"), R"("a\"b\\c\n\r\t\u0001\u001f")");
  EXPECT_EQ(quoted(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(quoted("\x7f"), R"("\u007f")");
}

TEST(JsonTextTest, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(quoted("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
            "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  EXPECT_EQ(quoted("a\x80z"), R"("a\ufffdz")");        // a continuation on its own
  EXPECT_EQ(quoted("\xC3"), R"("\ufffd")");            // cut
  EXPECT_EQ(quoted("\xC0\xAF"), R"("\ufffd\ufffd")");  // overlong
  EXPECT_EQ(quoted("\xE0\x80\xAF"), R"("\ufffd\ufffd\ufffd")");
  EXPECT_EQ(quoted("\xED\xA0\x80"), R"("\ufffd\ufffd\ufffd")");            // a surrogate
  EXPECT_EQ(quoted("\xF4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");  // above U+10FFFF
  EXPECT_EQ(quoted("\xFF"), R"("\ufffd")");
}

TEST(RequestRecordJsonTest, ABareRecordHasOnlyWhatIsAlwaysKnown) {
  RequestRecord record;
  record.started_at = std::chrono::sys_days(std::chrono::year(2026) / 2 / 28) +
                      std::chrono::hours(23) + microseconds(7);
  EXPECT_EQ(shown(record),
            R"({"time":"2026-02-28T23:00:00.000007Z","operation":"other","dialect":"openai",)"
            R"("status":0,"bytesIn":0,"bytesOut":0,"timing":{}})");
}

TEST(RequestRecordJsonTest, AFullRecordShowsEverything) {
  RequestRecord record;
  record.id = "req-1";
  record.method = "POST";
  record.path = "/v1/chat/completions";
  record.endpoint = {domain::Dialect::kOpenAi, domain::Operation::kChat};
  record.model = "gpt-4o";
  record.response_model = "gpt-4o-2024-08-06";
  record.backend = "openai";
  record.tenant = "0123456789abcdef";
  record.trace_id = "0af7651916cd43dd8448eb211c80319c";
  record.policy_hash = "aa11";
  record.status = 200;
  record.stream = true;
  record.cache = CacheState::kBypass;
  record.bypass_reason = "tools";
  record.disconnect = Disconnect::kDownstream;
  record.error = "upstream_failed";
  record.bytes_in = 10;
  record.bytes_out = 20;
  record.upstream_attempts = 2;
  record.upstream_failure = "connect: refused";
  record.timing = {.queue = microseconds(1),
                   .cache = microseconds(2),
                   .connect = microseconds(3),
                   .first_byte = microseconds(4),
                   .first_token = microseconds(5),
                   .upstream = microseconds(6),
                   .total = microseconds(7),
                   .overhead = microseconds(0)};
  record.usage = {.input_uncached = 100,
                  .cache_read = 20,
                  .cache_write_5m = 3,
                  .cache_write_1h = 4,
                  .input_audio = 5,
                  .output = 60,
                  .reasoning = 7,
                  .output_audio = 8,
                  .estimated = true};
  record.usage_known = true;
  record.cost = 1'500'000;
  record.cost_known = true;
  record.saved_cost = 2'000'000'000'000;
  record.saved_tokens = 9;
  record.unpriced_reason = "no_price";

  const auto json = nlohmann::json::parse(shown(record));
  EXPECT_EQ(json, nlohmann::json::parse(R"({
    "time": "1970-01-01T00:00:00.000000Z", "id": "req-1", "method": "POST",
    "path": "/v1/chat/completions", "operation": "chat", "dialect": "openai", "model": "gpt-4o",
    "responseModel": "gpt-4o-2024-08-06", "backend": "openai", "tenant": "0123456789abcdef",
    "status": 200, "stream": true, "cache": "bypass", "bypassReason": "tools",
    "disconnect": "downstream", "error": "upstream_failed", "bytesIn": 10, "bytesOut": 20,
    "upstreamAttempts": 2, "upstreamFailure": "connect: refused",
    "timing": {"queueUs": 1, "cacheUs": 2, "connectUs": 3, "firstByteUs": 4, "firstTokenUs": 5,
               "upstreamUs": 6, "totalUs": 7, "overheadUs": 0},
    "usage": {"input": 127, "output": 60, "cacheRead": 20, "cacheWrite5m": 3, "cacheWrite1h": 4,
              "inputAudio": 5, "reasoning": 7, "outputAudio": 8, "estimated": true},
    "costUsd": "0.0000015", "savedCostUsd": "2", "savedTokensEstimated": 9, "unpricedReason": "no_price",
    "traceId": "0af7651916cd43dd8448eb211c80319c", "policyHash": "aa11"})"));
}

TEST(RequestRecordJsonTest, AHostilePathCannotBreakOutOfItsLine) {
  RequestRecord record;
  record.path = "/x\",\"status\":999,\"y\":\"\n{";
  record.model = "\xFF\xFE";
  const std::string line = shown(record);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["path"], record.path.view());
  EXPECT_EQ(json["status"], 0);
}

// The writer asks once for room; here everything is as long as it can be, and needs escapes.
TEST(RequestRecordJsonTest, TheLongestRecordHasRoom) {
  const std::string bytes(300, '\x01');
  RequestRecord record;
  const auto fill = [&bytes](auto&... texts) { ((texts = bytes), ...); };
  fill(record.id, record.method, record.path, record.model, record.response_model, record.backend,
       record.tenant, record.trace_id, record.policy_hash, record.bypass_reason, record.error,
       record.upstream_failure, record.price_version, record.unpriced_reason);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  record.usage = {kMost, kMost, kMost, kMost, kMost, kMost, kMost, kMost, true};
  record.usage.input_uncached = record.usage.cache_read = record.usage.cache_write_5m = 1;
  record.usage.cache_write_1h = 1;
  record.usage_known = record.cost_known = true;
  record.cost = record.saved_cost = std::numeric_limits<std::int64_t>::min();
  record.saved_tokens = kMost;
  record.bytes_in = record.bytes_out = std::numeric_limits<std::uint64_t>::max();
  record.upstream_attempts = std::numeric_limits<std::uint32_t>::max();
  const auto most = RequestTiming::Micros(kMost);
  record.timing = {most, most, most, most, most, most, most, most};
  EXPECT_LT(shown(record).size(), 5000U);
  EXPECT_TRUE(nlohmann::json::accept(shown(record)));
}

}  // namespace
}  // namespace penstock::request
