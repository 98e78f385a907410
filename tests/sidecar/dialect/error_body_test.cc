#include "sidecar/dialect/error_body.h"

#include <gtest/gtest.h>

#include "sidecar/domain/sse_parser.h"

namespace penstock::dialect {
namespace {

using domain::Dialect;
using domain::Operation;

TEST(ErrorBodyTest, EachDialectHasItsShape) {
  EXPECT_EQ(
      error_body(Dialect::kOpenAi, ErrorCode::kUpstreamFailed, "It \"broke\"\n", 502),
      R"({"error":{"message":"It \"broke\"\u000a","type":"server_error","param":null,"code":"upstream_failed"}})");
  EXPECT_EQ(error_body(Dialect::kAnthropic, ErrorCode::kOverloaded, "Busy.", 529),
            R"({"type":"error","error":{"type":"overloaded_error","message":"Busy."}})");
}

TEST(ErrorBodyTest, TypesFollowTheStatus) {
  struct Case {
    int status;
    std::string_view openai;
    std::string_view anthropic;
  };
  for (const Case& each : {
           Case{400, "invalid_request_error", "invalid_request_error"},
           Case{401, "authentication_error", "authentication_error"},
           Case{403, "permission_error", "permission_error"},
           Case{404, "invalid_request_error", "not_found_error"},
           Case{408, "invalid_request_error", "invalid_request_error"},
           Case{413, "invalid_request_error", "request_too_large"},
           Case{429, "rate_limit_error", "rate_limit_error"},
           Case{500, "server_error", "api_error"},
           Case{502, "server_error", "api_error"},
           Case{503, "overloaded_error", "overloaded_error"},
           Case{504, "timeout_error", "timeout_error"},
           Case{529, "overloaded_error", "overloaded_error"},
       }) {
    EXPECT_EQ(error_type(Dialect::kOpenAi, each.status), each.openai) << each.status;
    EXPECT_EQ(error_type(Dialect::kAnthropic, each.status), each.anthropic) << each.status;
  }
}

TEST(ErrorBodyTest, EveryCodeHasASentence) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInvalidConfig); ++code) {
    EXPECT_TRUE(client_message(static_cast<ErrorCode>(code)).ends_with('.'));
  }
}

TEST(ErrorEventTest, EndsAStreamInItsDialect) {
  EXPECT_EQ(error_event({Dialect::kOpenAi, Operation::kChat}, ErrorCode::kUpstreamFailed, "Gone."),
            "data: {\"error\":{\"message\":\"Gone.\",\"type\":\"server_error\",\"param\":null,"
            "\"code\":\"upstream_failed\"}}\n\n");
  EXPECT_EQ(
      error_event({Dialect::kAnthropic, Operation::kMessages}, ErrorCode::kUpstreamFailed, "Gone."),
      "event: error\ndata: "
      "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"Gone.\"}}\n\n");
  EXPECT_EQ(error_event({Dialect::kOpenAi, Operation::kResponses}, ErrorCode::kDeadlineExceeded,
                        "Late.", 7),
            "event: error\ndata: "
            "{\"type\":\"error\",\"sequence_number\":7,\"code\":\"deadline_exceeded\","
            "\"message\":\"Late.\",\"param\":null,\"error\":{\"message\":\"Late.\",\"type\":"
            "\"timeout_error\","
            "\"param\":null,\"code\":\"deadline_exceeded\"}}\n\n");
}

}  // namespace
}  // namespace penstock::dialect
