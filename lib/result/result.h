#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace penstock {

// What went wrong, as a closed set. Each code maps to exactly one HTTP status and one metric label
// (both in result.cc), so add a code only when a caller must act differently on it.
enum class ErrorCode : std::uint8_t {
  kInvalidRequest,       // 400: the client can fix it; never retried
  kUnauthenticated,      // 401
  kNotFound,             // 404: on our own listeners only
  kMethodNotAllowed,     // 405: on our own listeners only
  kRequestTimeout,       // 408: the client did not send its request in time
  kBodyTooLarge,         // 413
  kTargetTooLong,        // 414
  kExpectationFailed,    // 417: an Expect other than 100-continue
  kHeadTooLarge,         // 431
  kInternal,             // 500: a bug of ours
  kNotImplemented,       // 501: a transfer coding other than chunked
  kUpstreamFailed,       // 502: refused, reset, or answered with broken framing
  kOverloaded,           // 503: one of our own limits; sent with Retry-After
  kNoBackend,            // 503: no backend of the routing table can take the call
  kDeadlineExceeded,     // 504: connect, first byte or idle limit of the upstream
  kNotCached,            // 504: the client said only-if-cached, and it is not
  kVersionNotSupported,  // 505
  kInvalidConfig,        // never on the wire: a resource, flag or file is wrong
};

// The HTTP status that a client sees; 500 for codes that never reach the wire.
int http_status(ErrorCode code);

// Lower snake case, for metric labels and the x-penstock-error header ("upstream_failed").
std::string_view label(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string detail;  // for the log, never for the client: may name internal hosts
};

// Holds a T or an Error. Check before use; `*result` on an error is a bug and aborts
// (every build defines _GLIBCXX_ASSERTIONS). value() throws, so product code does not call it.
template <class T>
using Result = std::expected<T, Error>;

// The one way to return an error:  return fail(ErrorCode::kUpstreamFailed, "connect: " + why);
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string detail) {
  return std::unexpected(Error{code, std::move(detail)});
}

}  // namespace penstock
