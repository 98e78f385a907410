#include "sidecar/dialect/error_body.h"

#include <gtest/gtest.h>

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

TEST(ErrorBodyTest, AnEventOfResponsesHasMembersOfItsOwn) {
  EXPECT_EQ(error_event_object({Dialect::kOpenAi, Operation::kResponses},
                               ErrorCode::kDeadlineExceeded, "Late.", 7),
            R"({"type":"error","sequence_number":7,"code":"deadline_exceeded",)"
            R"("message":"Late.","param":null,"error":{"message":"Late.","type":"timeout_error",)"
            R"("param":null,"code":"deadline_exceeded"}})");
  EXPECT_EQ(error_event_object({Dialect::kOpenAi, Operation::kChat}, ErrorCode::kUpstreamFailed,
                               "Gone.", 7),
            error_body(Dialect::kOpenAi, ErrorCode::kUpstreamFailed, "Gone.", 502));
}

}  // namespace
}  // namespace penstock::dialect
