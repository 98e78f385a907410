// A call whose backend is not there: it waits for it. Nothing of the request has been sent before
// there is a connection, so that waiting repeats nothing.
#include <optional>

#include "sidecar/http/upstream_call.h"

namespace penstock::http {
namespace {

constexpr std::string_view kNobodyYet = "The model backend is starting.";
constexpr std::string_view kRoomFull = "Too many requests wait for the model backend to start.";

}  // namespace

void UpstreamCall::refuse_held(ErrorCode code, std::string_view message) {
  call_.refusal =
      request::Refusal{.client_message = message, .code = code, .retry_after = kHoldRetryAfter};
}

// Instead of failing: true with a connection, as dial() gives one.
Task<bool> UpstreamCall::hold() {
  request::WorkerMetrics& metrics = io_.services.metrics;
  if (!may_wait(call_.text->head)) {
    refuse_held(ErrorCode::kNoBackend, kNobodyYet);
    co_return false;
  }
  std::optional<HoldRoom::Place> place(std::in_place, *io_.hold);
  if (!place->admitted()) {
    refuse_held(ErrorCode::kOverloaded, kRoomFull);
    metrics.hold_refused();
    co_return false;
  }
  metrics.hold_began();
  place_ = &*place;
  const clock::Instant begin = now();
  const clock::Instant until = begin + io_.hold->wait_max();
  bool connected = false;
  std::string_view outcome = "expired";
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now());
    if (left.count() <= 0) {
      refuse_held(ErrorCode::kNoBackend, kNobodyYet);
      break;
    }
    if (!aborted_) {
      place->rest(left);
      co_await place->woken().wait();
    }
    if (!aborted_) {
      call_.refusal.reset();
      call_.sent = now();
      call_.summary.queue = std::chrono::duration_cast<request::Micros>(call_.sent - begin);
      connected = co_await dial();
    }
    if (aborted_ || connected || !absent_) {
      outcome = aborted_ ? "abandoned" : connected ? "released" : "failed";
      break;
    }
  }
  place_ = nullptr;
  place.reset();  // whoever sees that one less waits finds its room
  metrics.hold_ended(outcome);
  co_return connected;
}

}  // namespace penstock::http
