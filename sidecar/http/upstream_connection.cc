// The connection of an upstream call: from the pool, a new one, and back.
#include <chrono>
#include <utility>

#include "sidecar/http/upstream_call.h"

namespace penstock::http {
namespace {

constexpr std::string_view kUnreachable = "The model backend could not be reached.";

std::string_view reason_of(net::DialFailure failure) {
  switch (failure) {
    case net::DialFailure::kNone: return "none";
    case net::DialFailure::kName: return "name";
    case net::DialFailure::kRefused: return "refused";
    case net::DialFailure::kTimeout: return "connect_timeout";
    case net::DialFailure::kTls: return "tls";
    case net::DialFailure::kDescriptors: return "descriptors";
    case net::DialFailure::kCancelled: return "cancelled";
  }
  return "none";
}

}  // namespace

// Takes an idle connection, where there is one.
bool UpstreamCall::take_pooled() {
  const Origin& origin = *upstream().origin;
  const resolve::UpstreamSettings& settings = call_.policy->upstream;
  answer_begun_ = false;
  answered_early_ = false;
  request_sent_ = false;
  rare_.reset();
  // A clock is read where time has passed: the first try begins where the call did.
  const clock::Instant begin = std::exchange(tried_, true) ? now() : call_.started;
  connection_ = io_.pool.take(origin, settings, begin);
  reused_ = connection_ != nullptr;
  call_.summary.connection_reused = reused_;
  call_.sent = begin;
  if (reused_) {
    io_.services.metrics.upstream_reused(backend_name());
  }
  return reused_;
}

Task<bool> UpstreamCall::dial() {
  const Origin& origin = *upstream().origin;
  const resolve::UpstreamSettings& settings = call_.policy->upstream;
  const clock::Instant begin = call_.sent;
  net::Dial dialing(io_.reactor, io_.wheel, io_.resolver);
  net::DialTarget target{.host = origin.host,
                         .port = origin.port,
                         .tls = origin.tls.get(),
                         .server_name = origin.server_name,
                         .resumed = io_.pool.tls_session(origin),
                         .timeout = settings.connect_timeout,
                         .tcp_keep_alive = settings.tcp_keep_alive};
  dial_ = &dialing;
  net::Dial::Outcome outcome = co_await dialing.run(target);
  dial_ = nullptr;
  call_.summary.connect = std::chrono::duration_cast<request::Micros>(now() - begin);
  if (outcome.connection == nullptr) {
    fail_dial(outcome);
    co_return false;
  }
  absent_ = false;
  connection_ = std::make_unique<PooledConnection>(origin, backend_name(), io_.services.metrics);
  connection_->io = std::move(outcome.connection);
  call_.sent = now();
  connection_->born = call_.sent;
  if (aborted_) {
    call_.refuse(ErrorCode::kUpstreamFailed, kUnreachable);
    co_return false;
  }
  co_return true;
}

void UpstreamCall::fail_dial(const net::Dial::Outcome& outcome) {
  absent_ = outcome.failure == net::DialFailure::kRefused ||
            outcome.failure == net::DialFailure::kTimeout ||
            outcome.failure == net::DialFailure::kName;
  call_.note_failure("connect: " + outcome.detail);
  switch (outcome.failure) {
    case net::DialFailure::kTimeout:
      call_.refuse(ErrorCode::kDeadlineExceeded, kNoAnswerInTime);
      break;
    case net::DialFailure::kDescriptors:
      call_.refuse(ErrorCode::kOverloaded, "The proxy is out of connections.");
      break;
    case net::DialFailure::kNone:
    case net::DialFailure::kName:
    case net::DialFailure::kRefused:
    case net::DialFailure::kTls:
    case net::DialFailure::kCancelled:
      call_.refuse(ErrorCode::kUpstreamFailed, kUnreachable);
      break;
  }
  // One that is waited for is tried over and over.
  if (place_ == nullptr) {
    io_.services.metrics.upstream_failed(backend_name(), reason_of(outcome.failure));
  }
}

void UpstreamCall::release_connection() {
  const Origin& origin = *upstream().origin;
  if (connection_->io->has_messages()) {
    return;  // it is closed instead, which waits for them
  }
  io_.pool.keep_tls_session(origin, *connection_->io);
  io_.pool.give_back(origin, std::move(connection_), call_.policy->upstream,
                     settled_ ? call_.ended : now());
}

Task<> UpstreamCall::discard_connection() {
  co_await connection_->io->close();
  connection_.reset();
}

}  // namespace penstock::http
