// What a session does apart from plain answers: refusals, broken streams, tunnels, and clients that
// leave.
#include <chrono>
#include <utility>

#include "lib/net/dial.h"
#include "lib/net/socket_options.h"
#include "sidecar/dialect/broken_stream.h"
#include "sidecar/dialect/error_body.h"
#include "sidecar/http/session.h"
#include "sidecar/http/tunnel.h"
#include "sidecar/http1/head_writer.h"

namespace penstock::http {
namespace {

// What a client may send ahead while its answer is on the way; the rest waits in the kernel.
constexpr std::size_t kPipelinedBytesMax = 64 * 1024;
constexpr std::size_t kLingerBytesMax = 256 * 1024;
constexpr std::chrono::milliseconds kLingerTime{1'000};

}  // namespace

void Session::break_off() {
  caller_->disconnect = request::Disconnect::kUpstream;
  std::int64_t number = 0;
  if (caller_->summary != nullptr) {
    number = caller_->summary->next_sequence_number;
  } else {
    // The call goes on, and only this caller fell too far behind it.
    number = caller_->flight_caller.next_sequence_number +
             (sink_.unfinished().lacks_only_its_end() ? 1 : 0);
  }
  sink_.break_off(dialect::end_of_broken_stream(caller_->endpoint, ErrorCode::kUpstreamFailed,
                                                dialect::client_message(ErrorCode::kUpstreamFailed),
                                                number, sink_.unfinished()));
}

// An answer of our own comes before the request's body is read: what the client still sends of it
// would be read as its next request.
void Session::leave_body() {
  body_left_ =
      body_plan_ == BodyPlan::kCollect || (body_plan_ == BodyPlan::kStream && !body_.done());
  if (body_left_) {
    sink_.close_after();
  }
}

Task<> Session::refuse() {
  request::CallerContext& caller = *caller_;
  const request::Refusal& refusal = *caller.refusal;
  leave_body();
  if (refusal.code == ErrorCode::kRequestTimeout) {
    sink_.close_after();
  }
  const std::string body = dialect::error_body(caller.endpoint.dialect, refusal.code,
                                               refusal.client_message, http_status(refusal.code));
  std::string lines;
  http1::append_status_line(lines, http_status(refusal.code));
  lines += "content-type: application/json\r\n";
  http1::append_field(lines, "x-penstock-error", label(refusal.code));
  if (refusal.code == ErrorCode::kOverloaded || refusal.code == ErrorCode::kNoBackend) {
    http1::append_field(lines, "retry-after",
                        static_cast<std::uint64_t>(refusal.retry_after.count()));
  }
  SinkState state = sink_.answer(http_status(refusal.code), lines, body);
  if (state == SinkState::kBlocked) {
    state = co_await client_takes_rest();
  }
  note_state(state);
}

// A head that never became a request: no dialect is known, no stage has run.
Task<> Session::refuse_head(const http1::HeadResult& parsed) {
  io_.services.metrics.rejected(label(parsed.error));
  const std::string body =
      dialect::error_body(domain::Dialect::kOpenAi, parsed.error,
                          dialect::client_message(parsed.error), http_status(parsed.error));
  std::string answer;
  http1::append_status_line(answer, http_status(parsed.error));
  answer += "content-type: application/json\r\nconnection: close\r\n";
  http1::append_field(answer, "x-penstock-error", label(parsed.error));
  http1::append_field(answer, "content-length", body.size());
  answer += http1::kLineEnd;
  answer += body;
  sink_.close_after();
  if (writer_.write(answer) == ClientWriter::Result::kBlocked) {
    io_.wheel.arm(deadline_, kLingerTime);
    static_cast<void>(co_await writer_.drain());
  }
  co_await linger();
}

// Lets the client read its answer: closing while its bytes are unread would reset the connection
// under it.
Task<> Session::linger() {
  connection_.shutdown_send();
  timed_out_ = false;
  io_.wheel.arm(deadline_, kLingerTime);
  std::size_t read = 0;
  while (read < kLingerBytesMax && !timed_out_) {
    const std::span<char> scratch(io_.receive.get(), WorkerIo::kScratchBytes);
    const net::Io got = connection_.read_some(scratch);
    read += got.bytes;
    if (got.state == net::IoState::kWouldBlock) {
      const bool woken = co_await connection_.readable();
      if (!woken) {
        break;
      }
    } else if (got.state != net::IoState::kOk) {
      break;
    }
  }
}

Task<> Session::tunnel(UpstreamCall& call) {
  std::unique_ptr<PooledConnection> upstream = call.take_connection();
  std::string from_upstream(call.early_bytes());
  net::Connection& connection = *upstream->io;
  co_await run_tunnel(connection, std::move(from_upstream));
}

// Either side may read nothing for long; what moves nothing at all ends at the idle limit.
Task<> Session::run_tunnel(net::Connection& upstream, std::string from_upstream) {
  net::wait_for_acknowledgement(upstream.descriptor());
  keep_input();
  std::string from_client = std::exchange(kept_, {});
  Tunnel tunnel(io_, connection_, upstream, snapshot_->policy->upstream.idle_timeout);
  tunnel_ = &tunnel;
  co_await tunnel.run(std::move(from_client), std::move(from_upstream));
  tunnel_ = nullptr;
  co_await upstream.close();
}

// A preface of HTTP/2 with prior knowledge: the engine of our own pod may understand it; nobody
// else is asked. Where callers need a key nobody gets past us whose key we cannot read.
Task<> Session::pass_http2() {
  snapshot_ = host_.snapshot();  // of which the host's backend is, and whose keys hold
  const auto backend = host_.http2_backend();
  if (!backend || snapshot_->policy->listener.client_keys) {
    const http1::HeadResult refused{.state = http1::HeadResult::kError,
                                    .error = ErrorCode::kVersionNotSupported};
    co_await refuse_head(refused);
    co_return;
  }
  keep_input();
  const Origin& origin = *snapshot_->upstreams[*backend].origin;
  net::Dial dial(io_.reactor, io_.wheel, io_.resolver);
  const net::DialTarget target{.host = origin.host,
                               .port = origin.port,
                               .timeout = snapshot_->policy->upstream.connect_timeout};
  dial_ = &dial;
  net::Dial::Outcome outcome = co_await dial.run(target);
  dial_ = nullptr;
  if (outcome.connection == nullptr) {
    co_return;
  }
  co_await run_tunnel(*outcome.connection, std::string());
}

// The client sends no more of its request, or takes no more of its answer.
void Session::lose_client() {
  gone_ = true;
  if (caller_->disconnect == request::Disconnect::kNone) {
    caller_->disconnect = request::Disconnect::kDownstream;
  }
}

void Session::note_state(SinkState state) {
  if (state == SinkState::kGone) {
    lose_client();
  }
}

// Waits until the client has all that was written.
Task<SinkState> Session::client_takes_rest() {
  const clock::Instant begin = io_.services.clock.now();
  const SinkState state = co_await sink_.ready();
  add_wait(begin);
  co_return state;
}

// Outside of an upstream call, and not our time: a client's, to send or to read, or a replay's.
void Session::add_wait(clock::Instant since) {
  caller_->waited_for_others +=
      std::chrono::duration_cast<request::CallerContext::Wait>(io_.services.clock.now() - since);
}

void Session::client_is_gone() {
  if (gone_ || !caller_) {
    return;
  }
  lose_client();
  if (call_ != nullptr) {
    call_->client_gone();
  }
  event_.set();
}

void Session::on_readable() {
  // Whose upload is not through has left with it, whatever of it is still to be read.
  if (body_plan_ == BodyPlan::kStream && !body_.done() && connection_.ending()) {
    client_is_gone();
    return;
  }
  net::IoState state = connection_.peek();
  for (; state == net::IoState::kOk && kept_.size() < kPipelinedBytesMax;
       state = connection_.peek()) {
    static_cast<void>(fill());
    keep_input();
  }
  if (state == net::IoState::kWouldBlock) {
    connection_.watch_on(this);
  } else if (state == net::IoState::kOk && !connection_.ending()) {
    // The rest stays in the kernel. That its sender leaves is seen before that is read.
    connection_.watch_end(this);
  } else {
    client_is_gone();
  }
}

void Session::expire() {
  timed_out_ = true;
  connection_.cancel();
}

}  // namespace penstock::http
