// The attempts of a call, what comes of losing a connection, and the end.
#include "sidecar/http/upstream_call.h"

#include <utility>

namespace penstock::http {
namespace {

constexpr std::string_view kBrokeOff = "The model backend ended the connection without an answer.";

request::Micros micros(clock::Instant from, clock::Instant to) {
  return std::chrono::duration_cast<request::Micros>(to - from);
}

}  // namespace

UpstreamCall::UpstreamCall(WorkerIo& io, const pipeline::CallChain& chain,
                           std::span<const Upstream> upstreams, request::CallContext& call,
                           ResponseSink& sink, BodySource* streamed)
    : io_(io),
      chain_(chain),
      upstreams_(upstreams),
      call_(call),
      sink_(sink),
      streamed_(streamed),
      deadline_([](void* self) { static_cast<UpstreamCall*>(self)->expire(); }, this) {}

clock::Instant UpstreamCall::now() const {
  return io_.services.clock.now();
}

void UpstreamCall::expire() {
  timed_out_ = true;
  aborted_ = aborted_ || draining_;  // it was nobody's wait: the backend has not failed
  if (connection_ != nullptr) {
    connection_->io->cancel();
  }
  if (streamed_ != nullptr) {
    streamed_->stop();
  }
}

void UpstreamCall::abort() {
  aborted_ = true;
  if (dial_ != nullptr) {
    dial_->cancel();
  }
  if (place_ != nullptr) {
    place_->wake();
  }
  if (connection_ != nullptr) {
    connection_->io->cancel();
  }
  if (streamed_ != nullptr) {
    streamed_->stop();
  }
}

void UpstreamCall::client_gone() {
  // A request that no backend has whole costs nothing, so there is nothing to account for.
  const bool drain = call_.policy->listener.on_disconnect == resolve::OnDisconnect::kDrain &&
                     request_sent_ && streamed_ == nullptr &&
                     domain::is_model_call(call_.endpoint.operation);
  if (!drain) {
    abort();
    return;
  }
  if (!draining_) {
    draining_ = true;
    io_.wheel.arm(deadline_, call_.policy->listener.drain_time_max);
  }
}

Task<CallOutcome> UpstreamCall::run() {
  call_.started = now();
  if (domain::is_model_call(call_.endpoint.operation)) {
    io_.services.metrics.call_started();
  }
  for (;;) {
    if (deserted() || !chain_.on_call(call_)) {
      co_return finish(deserted() ? CallOutcome::kAborted : CallOutcome::kFailed);
    }
    ++call_.summary.attempts;
    const Step step = co_await attempt();
    switch (step) {
      case Step::kAgain: break;
      case Step::kFailed:
        if (connection_ != nullptr) {
          co_await discard_connection();
        }
        co_return finish(deserted() ? CallOutcome::kAborted : CallOutcome::kFailed);
      case Step::kUpgraded: co_return finish(CallOutcome::kUpgraded);
      case Step::kRelay: {
        CallOutcome outcome = CallOutcome::kComplete;
        if (!passed_on()) {
          outcome = co_await relay();
        }
        deadline_.disarm();
        if (outcome == CallOutcome::kComplete && keep_alive_ && request_sent_ &&
            io_.hold == nullptr) {
          release_connection();
        }
        if (connection_ != nullptr) {
          io_.pool.keep_tls_session(*upstream().origin, *connection_->io);
          // A head that nothing followed is in the worker's buffer, everybody's once we wait.
          if (sink_state_ == SinkState::kReady && !aborted_ && !draining_) {
            sink_state_ = sink_.flush();
          }
          co_await discard_connection();
        }
        co_return finish(outcome);
      }
    }
    if (connection_ != nullptr) {
      co_await discard_connection();
    }
  }
}

// The answer came with its head, and the sink has all of it.
bool UpstreamCall::passed_on() const {
  return decoder_.done() && sink_state_ == SinkState::kReady && !broken_ && !aborted_ && !draining_;
}

CallOutcome UpstreamCall::finish(CallOutcome outcome) {
  deadline_.disarm();
  if (outcome == CallOutcome::kTruncated) {
    io_.services.metrics.upstream_failed(backend_name(), "truncated");
  }
  settle(outcome);
  if (domain::is_model_call(call_.endpoint.operation)) {
    io_.services.metrics.call_finished();
  }
  return outcome;
}

// The stages are done with a whole answer before its last bytes leave: a client that has it, and
// asks again, finds it stored.
void UpstreamCall::settle(CallOutcome outcome) {
  if (std::exchange(settled_, true)) {
    return;
  }
  call_.ended = now();
  call_.summary.total = micros(call_.started, call_.ended);
  call_.summary.whole = outcome == CallOutcome::kComplete;
  chain_.on_complete(call_);
}

Task<UpstreamCall::Step> UpstreamCall::attempt() {
  for (;;) {
    bool connected = take_pooled();
    if (!connected) {
      connected = co_await dial();
    }
    if (!connected && absent_ && io_.hold != nullptr) {
      connected = co_await hold();
    }
    if (!connected) {
      const bool again = worth_another(
          aborted_ ? request::AttemptResult::kAborted : request::AttemptResult::kUnreachable,
          nullptr);
      co_return again ? Step::kAgain : Step::kFailed;
    }
    ClientWriter writer(*connection_->io);
    const ClientWriter::Result written = write_request(writer);
    request_sent_ = written == ClientWriter::Result::kWritten && streamed_ == nullptr;
    bool sent = request_sent_;
    if (!sent) {
      sent = co_await send_rest(writer, written);
    }
    Step step = Step::kFailed;
    if (sent) {
      step = co_await await_head();
    }
    const bool answered = step != Step::kFailed || call_.refusal.has_value();
    if (answered) {
      co_return step;
    }
    // Lost before any byte of an answer. A connection from the pool may simply have been too old.
    const bool stale = reused_ && !answer_begun_ && !timed_out_ && !deserted() && !body_spent_;
    if (!stale) {
      const request::AttemptResult result = lost_connection("no response head");
      const bool again = worth_another(result, nullptr);
      co_return again ? Step::kAgain : Step::kFailed;
    }
    io_.services.metrics.upstream_retried(backend_name(), "stale_connection");
    co_await discard_connection();
    if (deserted()) {
      co_return Step::kFailed;
    }
    // One try on a connection of its own: the rest of the pool may be as stale.
    io_.pool.drop(*upstream().origin);
  }
}

bool UpstreamCall::worth_another(request::AttemptResult result, const http1::ResponseHead* head) {
  call_.last_attempt = deserted() || body_spent_;
  const bool again = chain_.on_attempt(call_, result, head) && !call_.last_attempt;
  if (again) {
    call_.refusal.reset();
    timed_out_ = false;
  }
  return again;
}

request::AttemptResult UpstreamCall::lost_connection(std::string_view what) {
  call_.note_failure(timed_out_ ? "no answer in time" : std::string(what));
  if (aborted_) {
    call_.refuse(ErrorCode::kUpstreamFailed, kBrokeOff);
    return request::AttemptResult::kAborted;
  }
  if (timed_out_) {
    call_.refuse(ErrorCode::kDeadlineExceeded, kNoAnswerInTime);
    io_.services.metrics.upstream_failed(backend_name(), "timeout");
    return request::AttemptResult::kTimedOut;
  }
  call_.refuse(ErrorCode::kUpstreamFailed, kBrokeOff);
  io_.services.metrics.upstream_failed(backend_name(), "broke_off");
  return request::AttemptResult::kBroken;
}

}  // namespace penstock::http
