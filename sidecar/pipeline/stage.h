#pragma once

#include <cstdint>
#include <string_view>

#include "lib/task/task.h"
#include "sidecar/request/call_context.h"
#include "sidecar/request/caller_context.h"

namespace penstock::pipeline {

enum class Verdict : std::uint8_t {
  kContinue,
  kRespond,  // an answer or a refusal is in the context: no later stage runs
  kWait,     // ask wait() for the verdict
};

// One thing that happens to every caller's request. Instances belong to one worker's snapshot of a
// policy and live as long as a request holds that snapshot.
//
// Order: on_request in the chain's order; then on_complete in reverse, exactly once for each stage
// whose on_request ran, on success, refusal and disconnect alike.
class CallerStage {
 public:
  CallerStage() = default;
  virtual ~CallerStage() = default;
  CallerStage(const CallerStage&) = delete;
  CallerStage& operator=(const CallerStage&) = delete;

  virtual Verdict on_request(request::CallerContext& caller) noexcept = 0;
  // Called only after kWait: the one place where a stage may suspend.
  virtual Task<Verdict> wait(request::CallerContext& caller);
  // Cannot await; slow effects go to a bounded outbox.
  virtual void on_complete(request::CallerContext& /*caller*/) noexcept {}
};

// The same for an upstream call. A call may have several attempts (a stale connection, a fallback
// backend): on_call runs before each; the others as bytes arrive; on_complete once.
class CallStage {
 public:
  CallStage() = default;
  virtual ~CallStage() = default;
  CallStage(const CallStage&) = delete;
  CallStage& operator=(const CallStage&) = delete;

  virtual Verdict on_call(request::CallContext& call) noexcept = 0;
  // After each attempt. `head` is set for kAnswered. True asks for another attempt (on_call runs
  // again); only asked while no caller has seen a byte.
  virtual bool on_attempt(request::CallContext& /*call*/, request::AttemptResult /*result*/,
                          const http1::ResponseHead* /*head*/) noexcept {
    return false;
  }
  // The head that callers will see.
  virtual void on_response(request::CallContext& /*call*/,
                           const http1::ResponseHead& /*head*/) noexcept {}
  // Payload without framing, as it arrived, in pieces of any size.
  virtual void on_payload(request::CallContext& /*call*/, std::string_view /*payload*/) noexcept {}
  virtual void on_complete(request::CallContext& /*call*/) noexcept {}
};

}  // namespace penstock::pipeline
