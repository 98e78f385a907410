#include "sidecar/request/error_side.h"

namespace penstock::request {
namespace {

ErrorSide side_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidRequest:
    case ErrorCode::kUnauthenticated:
    case ErrorCode::kNotFound:
    case ErrorCode::kMethodNotAllowed:
    case ErrorCode::kRequestTimeout:
    case ErrorCode::kBodyTooLarge:
    case ErrorCode::kTargetTooLong:
    case ErrorCode::kExpectationFailed:
    case ErrorCode::kHeadTooLarge:
    case ErrorCode::kNotImplemented:
    case ErrorCode::kNotCached:
    case ErrorCode::kVersionNotSupported: return ErrorSide::kClient;
    case ErrorCode::kUpstreamFailed:
    case ErrorCode::kNoBackend:
    case ErrorCode::kDeadlineExceeded: return ErrorSide::kUpstream;
    case ErrorCode::kInternal:
    case ErrorCode::kOverloaded:
    case ErrorCode::kInvalidConfig: return ErrorSide::kPenstock;
  }
  return ErrorSide::kPenstock;
}

}  // namespace

ErrorSide error_side(const CallerContext& caller) {
  constexpr int kTooManyRequests = 429;
  if (caller.disconnect != Disconnect::kNone) {
    return caller.disconnect == Disconnect::kUpstream ? ErrorSide::kUpstream : ErrorSide::kClient;
  }
  if (caller.refusal) {
    return side_of(caller.refusal->code);
  }
  if (caller.status >= 500 || caller.status == kTooManyRequests) {
    return ErrorSide::kUpstream;
  }
  // Without a status it left in the middle of its request.
  return caller.status >= 400 || caller.status == 0 ? ErrorSide::kClient : ErrorSide::kNone;
}

std::string_view label(ErrorSide side) {
  switch (side) {
    case ErrorSide::kNone: return "";
    case ErrorSide::kClient: return "client";
    case ErrorSide::kUpstream: return "upstream";
    case ErrorSide::kPenstock: return "penstock";
  }
  return "";
}

}  // namespace penstock::request
