#include "sidecar/dialect/error_body.h"

#include <array>

#include "sidecar/dialect/json_output.h"

namespace penstock::dialect {
namespace {

using domain::Dialect;
using domain::Operation;

struct TypeRow {
  int status;
  std::string_view openai;
  std::string_view anthropic;
};

constexpr std::array kTypes = {
    TypeRow{400, "invalid_request_error", "invalid_request_error"},
    TypeRow{401, "authentication_error", "authentication_error"},
    TypeRow{402, "insufficient_quota", "billing_error"},
    TypeRow{403, "permission_error", "permission_error"},
    TypeRow{404, "invalid_request_error", "not_found_error"},
    TypeRow{413, "invalid_request_error", "request_too_large"},
    TypeRow{429, "rate_limit_error", "rate_limit_error"},
    TypeRow{500, "server_error", "api_error"},
    TypeRow{503, "overloaded_error", "overloaded_error"},
    TypeRow{504, "timeout_error", "timeout_error"},
    TypeRow{529, "overloaded_error", "overloaded_error"},
};

// {"message":…,"type":…,"param":null,"code":…}
void append_openai_error(std::string& out, ErrorCode code, std::string_view message, int status) {
  out.append(R"({"message":")");
  append_escaped(out, message);
  out.append(R"(","type":")").append(error_type(Dialect::kOpenAi, status));
  out.append(R"(","param":null,"code":")").append(label(code)).append(R"("})");
}

}  // namespace

std::string_view client_message(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidRequest: return "The request is not valid HTTP.";
    case ErrorCode::kUnauthenticated: return "The request carries no valid credential.";
    case ErrorCode::kNotFound: return "There is nothing at this path.";
    case ErrorCode::kMethodNotAllowed: return "This method is not allowed here.";
    case ErrorCode::kRequestTimeout: return "The request did not arrive in time.";
    case ErrorCode::kBodyTooLarge: return "The request body is too large.";
    case ErrorCode::kTargetTooLong: return "The request target is too long.";
    case ErrorCode::kExpectationFailed: return "Only Expect: 100-continue is understood.";
    case ErrorCode::kHeadTooLarge: return "The request headers are too large.";
    case ErrorCode::kNotImplemented: return "This transfer coding is not supported.";
    case ErrorCode::kUpstreamFailed: return "The model server failed to answer.";
    case ErrorCode::kOverloaded: return "The proxy is at its limit; try again shortly.";
    case ErrorCode::kNoBackend: return "No model server can take this request now.";
    case ErrorCode::kDeadlineExceeded: return "The model server did not answer in time.";
    case ErrorCode::kNotCached: return "The answer is not in the cache.";
    case ErrorCode::kVersionNotSupported: return "This HTTP version is not supported.";
    case ErrorCode::kInternal:
    case ErrorCode::kInvalidConfig: break;
  }
  return "The proxy failed to handle the request.";
}

std::string_view error_type(Dialect dialect, int status) {
  // A status without a row is called like the most general one of its class.
  const TypeRow* row = status >= 500 ? &kTypes[7] : &kTypes[0];
  for (const TypeRow& each : kTypes) {
    if (each.status == status) {
      row = &each;
    }
  }
  return dialect == Dialect::kAnthropic ? row->anthropic : row->openai;
}

std::string error_body(Dialect dialect, ErrorCode code, std::string_view message, int status) {
  std::string body;
  if (dialect == Dialect::kAnthropic) {
    body.append(R"({"type":"error","error":{"type":")").append(error_type(dialect, status));
    body.append(R"(","message":")");
    append_escaped(body, message);
    body.append(R"("}})");
    return body;
  }
  body.append(R"({"error":)");
  append_openai_error(body, code, message, status);
  body.push_back('}');
  return body;
}

std::string error_event_object(domain::Endpoint endpoint, ErrorCode code, std::string_view message,
                               std::int64_t sequence_number) {
  const int status = http_status(code);
  if (endpoint.operation != Operation::kResponses) {
    return error_body(endpoint.dialect, code, message, status);
  }
  // The documented members, and the nested object that SDKs raise an exception for.
  std::string object = R"({"type":"error","sequence_number":)";
  object.append(std::to_string(sequence_number)).append(R"(,"code":")").append(label(code));
  object.append(R"(","message":")");
  append_escaped(object, message);
  object.append(R"(","param":null,"error":)");
  append_openai_error(object, code, message, status);
  object.push_back('}');
  return object;
}

}  // namespace penstock::dialect
