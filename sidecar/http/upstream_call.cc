#include "sidecar/http/upstream_call.h"

#include <array>
#include <utility>

#include "sidecar/http1/forward.h"
#include "sidecar/http1/head_parser.h"
#include "sidecar/http1/head_writer.h"

namespace penstock::http {
namespace {

constexpr std::string_view kAuthorization = "authorization";
constexpr std::string_view kApiKey = "x-api-key";
constexpr std::string_view kUnreachable = "The model backend could not be reached.";
constexpr std::string_view kBrokeOff = "The model backend ended the connection without an answer.";
constexpr std::string_view kNoAnswerInTime = "The model backend did not answer in time.";
constexpr std::string_view kClientBodyBroke = "The request body ended early or is not well-formed.";

// Generous for a server, yet bounded: an upstream's head is not the clients' business to limit.
constexpr http1::HeadLimits kResponseLimits{
    .header_lines_max = 256, .head_bytes_max = 64 * 1024, .target_bytes_max = 0};

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
  if (connection_ != nullptr) {
    connection_->io->cancel();
  }
  if (streamed_ != nullptr) {
    streamed_->stop();
  }
}

void UpstreamCall::client_gone() {
  const bool drain = call_.policy->listener.on_disconnect == resolve::OnDisconnect::kDrain &&
                     streamed_ == nullptr && domain::is_model_call(call_.endpoint.operation);
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
  for (;;) {
    if (aborted_ || !chain_.on_call(call_)) {
      co_return finish(aborted_ ? CallOutcome::kAborted : CallOutcome::kFailed);
    }
    ++call_.summary.attempts;
    const Step step = co_await attempt();
    switch (step) {
      case Step::kAgain: break;
      case Step::kFailed:
        co_await discard_connection();
        co_return finish(aborted_ ? CallOutcome::kAborted : CallOutcome::kFailed);
      case Step::kUpgraded: co_return finish(CallOutcome::kUpgraded);
      case Step::kRelay: {
        const CallOutcome outcome = co_await relay();
        deadline_.disarm();
        if (outcome == CallOutcome::kComplete && keep_alive_ && request_sent_) {
          release_connection();
        }
        co_await discard_connection();
        co_return finish(outcome);
      }
    }
    co_await discard_connection();
  }
}

CallOutcome UpstreamCall::finish(CallOutcome outcome) {
  deadline_.disarm();
  call_.summary.total = micros(call_.started, now());
  call_.summary.whole = outcome == CallOutcome::kComplete;
  chain_.on_complete(call_);
  return outcome;
}

Task<UpstreamCall::Step> UpstreamCall::attempt() {
  for (;;) {
    const bool connected = co_await obtain_connection();
    if (!connected) {
      const bool again = worth_another(
          aborted_ ? request::AttemptResult::kAborted : request::AttemptResult::kUnreachable,
          nullptr);
      co_return again ? Step::kAgain : Step::kFailed;
    }
    const bool sent = co_await send_request();
    Step step = Step::kFailed;
    if (sent) {
      step = co_await await_head();
    }
    const bool answered = step != Step::kFailed || call_.refusal.has_value();
    if (answered) {
      co_return step;
    }
    // Lost before any byte of an answer. A connection from the pool may simply have been too old.
    const bool stale = reused_ && !timed_out_ && !aborted_ && !streamed_bytes_sent_;
    if (!stale) {
      const request::AttemptResult result = lost_connection("no response head");
      const bool again = worth_another(result, nullptr);
      co_return again ? Step::kAgain : Step::kFailed;
    }
    io_.services.metrics.upstream_retried(backend_name(), "stale_connection");
    co_await discard_connection();
    // One try on a connection of its own: the rest of the pool may be as stale.
    io_.pool.drop(*upstream().origin);
  }
}

bool UpstreamCall::worth_another(request::AttemptResult result, const http1::ResponseHead* head) {
  if (result == request::AttemptResult::kAborted || streamed_bytes_sent_) {
    static_cast<void>(chain_.on_attempt(call_, result, head));
    return false;
  }
  const bool again = chain_.on_attempt(call_, result, head);
  if (again) {
    call_.refusal.reset();
    timed_out_ = false;
  }
  return again;
}

request::AttemptResult UpstreamCall::lost_connection(std::string_view what) {
  call_.failure_detail = what;
  if (aborted_) {
    call_.refuse(ErrorCode::kUpstreamFailed, kBrokeOff);
    return request::AttemptResult::kAborted;
  }
  if (timed_out_) {
    call_.refuse(ErrorCode::kDeadlineExceeded, kNoAnswerInTime);
    return request::AttemptResult::kTimedOut;
  }
  call_.refuse(ErrorCode::kUpstreamFailed, kBrokeOff);
  return request::AttemptResult::kBroken;
}

Task<bool> UpstreamCall::obtain_connection() {
  const Origin& origin = *upstream().origin;
  const resolve::UpstreamSettings& settings = call_.policy->upstream;
  connection_ = io_.pool.take(origin, settings, now());
  reused_ = connection_ != nullptr;
  call_.summary.connection_reused = reused_;
  if (reused_) {
    io_.services.metrics.upstream_reused(backend_name());
    co_return true;
  }
  const clock::Instant begin = now();
  net::Dial dial(io_.executor(), io_.wheel, io_.resolver);
  net::DialTarget target{.host = origin.host,
                         .port = origin.port,
                         .tls = origin.tls.get(),
                         .server_name = origin.server_name,
                         .resumed = io_.pool.tls_session(origin),
                         .timeout = settings.connect_timeout,
                         .tcp_keep_alive = settings.tcp_keep_alive};
  dial_ = &dial;
  net::Dial::Outcome outcome = co_await dial.run(target);
  dial_ = nullptr;
  call_.summary.connect = micros(begin, now());
  if (outcome.connection == nullptr) {
    fail_dial(outcome);
    co_return false;
  }
  connection_ = std::make_unique<PooledConnection>();
  connection_->io = std::move(outcome.connection);
  connection_->born = now();
  io_.services.metrics.upstream_opened(backend_name());
  if (aborted_) {
    call_.refuse(ErrorCode::kUpstreamFailed, kUnreachable);
    co_return false;
  }
  co_return true;
}

void UpstreamCall::fail_dial(const net::Dial::Outcome& outcome) {
  call_.failure_detail = "connect: " + outcome.detail;
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
  io_.services.metrics.upstream_failed(backend_name(), reason_of(outcome.failure));
}

void UpstreamCall::build_head() {
  const Upstream& to = upstream();
  const http1::RequestHead& head = call_.text.head;
  http1::UpstreamHeadEdits edits;
  edits.path_prefix = to.base_path;
  edits.host = to.origin->authority;
  edits.te_trailers = head.te_trailers;
  edits.upgrade = head.upgrade_websocket ? head.upgrade : std::string_view{};
  if (streamed_ != nullptr) {
    const auto length = streamed_->length();
    edits.framing = length ? http1::Framing::kLength : http1::Framing::kChunked;
    edits.content_length = length.value_or(0);
  } else if (head.framing != http1::Framing::kNone) {
    const std::string_view body = call_.text.body();
    edits.framing = http1::Framing::kLength;
    edits.content_length =
        call_.body_edit ? dialect::edited(*call_.body_edit, body).size() : body.size();
  }
  std::array<http1::FieldEdit, 5> fields;
  std::size_t count = 0;
  if (!to.credential_name.empty() || !call_.send_client_credential) {
    const bool bearer = to.credential_name == kAuthorization;
    const bool key = to.credential_name == kApiKey;
    const std::optional<std::string_view> value(to.credential_value);
    fields[count++] = {http1::HeaderId::kAuthorization, kAuthorization,
                       bearer ? value : std::nullopt};
    fields[count++] = {http1::HeaderId::kApiKey, kApiKey, key ? value : std::nullopt};
  }
  if (call_.identity_coding) {
    fields[count++] = {http1::HeaderId::kAcceptEncoding, "accept-encoding", "identity"};
  }
  if (!call_.traceparent.empty()) {
    fields[count++] = {http1::HeaderId::kTraceparent, "traceparent", call_.traceparent};
  }
  edits.edits = std::span(fields).first(count);
  io_.head_text.clear();
  http1::build_upstream_head(io_.head_text, head, edits);
}

Task<bool> UpstreamCall::send_request() {
  build_head();
  request_sent_ = false;
  call_.sent = now();
  io_.wheel.arm(deadline_, call_.policy->upstream.first_byte_timeout);
  const std::string_view body = call_.text.body();
  ClientWriter writer(*connection_->io);
  ClientWriter::Result written = ClientWriter::Result::kWritten;
  if (call_.body_edit) {
    const dialect::EditedBody edited = dialect::edited(*call_.body_edit, body);
    written = writer.write(io_.head_text, edited.before, edited.insert, edited.after);
  } else {
    written = writer.write(io_.head_text, body);
  }
  if (written == ClientWriter::Result::kBlocked) {
    const bool drained = co_await writer.drain();
    written = drained ? ClientWriter::Result::kWritten : ClientWriter::Result::kBroken;
  }
  call_.summary.bytes_sent += writer.bytes_written();
  if (written == ClientWriter::Result::kBroken) {
    // The upstream may have answered before it closed its receiving side: look before giving up.
    co_return !aborted_ && !timed_out_ && connection_->io->peek() == net::IoState::kOk;
  }
  if (streamed_ != nullptr) {
    const bool passed = co_await send_streamed_body();
    co_return passed;
  }
  request_sent_ = true;
  co_return true;
}

ClientWriter::Result UpstreamCall::write_piece(ClientWriter& writer, const BodySource::Piece& piece,
                                               bool chunked) {
  if (!chunked) {
    return writer.write(piece.bytes);
  }
  const std::string_view last = piece.last ? http1::kLastChunk : std::string_view{};
  if (piece.bytes.empty()) {
    return writer.write(last);
  }
  const http1::ChunkSizeLine size(piece.bytes.size());
  std::string end(http1::kLineEnd);  // short enough to need no allocation
  end += last;
  return writer.write(size.view(), piece.bytes, end);
}

Task<bool> UpstreamCall::send_streamed_body() {
  const bool chunked = !streamed_->length().has_value();
  for (;;) {
    const BodySource::Piece piece = co_await streamed_->next();
    if (piece.failed) {
      if (connection_->io->peek() == net::IoState::kOk) {
        co_return true;  // answered already: the request is not needed whole
      }
      call_.refuse(ErrorCode::kInvalidRequest, kClientBodyBroke);
      co_return false;
    }
    streamed_bytes_sent_ = true;
    io_.wheel.arm(deadline_, call_.policy->upstream.first_byte_timeout);
    ClientWriter writer(*connection_->io);
    ClientWriter::Result written = write_piece(writer, piece, chunked);
    if (written == ClientWriter::Result::kBlocked) {
      const bool drained = co_await writer.drain();
      written = drained ? ClientWriter::Result::kWritten : ClientWriter::Result::kBroken;
    }
    call_.summary.bytes_sent += writer.bytes_written();
    if (written == ClientWriter::Result::kBroken) {
      co_return !aborted_ && !timed_out_ && connection_->io->peek() == net::IoState::kOk;
    }
    if (piece.last) {
      request_sent_ = true;
      co_return true;
    }
  }
}

Task<UpstreamCall::Step> UpstreamCall::await_head() {
  if (!draining_) {
    io_.wheel.arm(deadline_, call_.policy->upstream.first_byte_timeout);
  }
  head_bytes_.clear();
  for (;;) {
    const bool woken = co_await connection_->io->readable();
    if (!woken || aborted_) {
      co_return Step::kFailed;
    }
    const std::span<char> scratch(io_.response.get(), WorkerIo::kScratchBytes);
    const net::Io got = connection_->io->read_some(scratch);
    if (got.state == net::IoState::kWouldBlock) {
      continue;
    }
    if (got.state != net::IoState::kOk) {
      co_return Step::kFailed;
    }
    switch (on_head_bytes(scratch.first(got.bytes))) {
      case HeadStep::kInterim:
      case HeadStep::kNeedMore: break;
      case HeadStep::kBroken:
        call_.failure_detail = "malformed response head";
        call_.refuse(ErrorCode::kUpstreamFailed, kBrokeOff);
        static_cast<void>(chain_.on_attempt(call_, request::AttemptResult::kBroken, nullptr));
        co_return Step::kFailed;
      case HeadStep::kAgain: co_return Step::kAgain;
      case HeadStep::kRelay: co_return Step::kRelay;
      case HeadStep::kUpgraded: co_return Step::kUpgraded;
    }
  }
}

UpstreamCall::HeadStep UpstreamCall::on_head_bytes(std::span<char> bytes) {
  std::span<char> whole = bytes;
  std::size_t scanned = 0;
  if (!head_bytes_.empty()) {
    scanned = head_bytes_.size();
    head_bytes_.append(bytes.data(), bytes.size());
    whole = head_bytes_;
  }
  const bool for_head = call_.text.head.method == "HEAD";
  for (;;) {
    http1::ResponseHead& head = io_.response_head;
    head.clear();
    const http1::HeadResult parsed = http1::parse_response_head(
        {whole.data(), whole.size()}, kResponseLimits, for_head, head, scanned);
    if (parsed.state == http1::HeadResult::kNeedMore) {
      head_bytes_.assign(whole.data(), whole.size());
      return HeadStep::kNeedMore;
    }
    if (parsed.state != http1::HeadResult::kDone) {
      return HeadStep::kBroken;
    }
    whole = whole.subspan(parsed.size);
    scanned = 0;
    const bool interim = head.status < 200 && head.status != 101;
    if (!interim) {
      return on_final_head(whole);
    }
    // 100 is ours to send or not: the client's body was read (or is being read) either way.
    if (head.status != 100) {
      sink_.on_interim(head);
    }
  }
}

UpstreamCall::HeadStep UpstreamCall::on_final_head(std::span<char> rest) {
  const http1::ResponseHead& head = io_.response_head;
  call_.first_byte = now();
  call_.summary.status = head.status;
  call_.summary.first_byte = micros(call_.sent, call_.first_byte);
  if (head.status == 101) {
    early_bytes_.assign(rest.data(), rest.size());
    chain_.on_response(call_, head);
    static_cast<void>(sink_.on_head(head, false));
    head_seen_ = true;
    return HeadStep::kUpgraded;
  }
  if (worth_another(request::AttemptResult::kAnswered, &head)) {
    return HeadStep::kAgain;
  }
  head_seen_ = true;
  keep_alive_ = head.keep_alive;
  decoder_.start(head.framing, head.content_length);
  chain_.on_response(call_, head);
  if (streamed_ == nullptr && !call_.cache.cacheable) {
    call_.text.release();
  }
  if (!draining_) {
    sink_state_ = sink_.on_head(head, call_.body_edit.has_value());
  }
  take_body(rest);
  head_bytes_ = {};
  return HeadStep::kRelay;
}

void UpstreamCall::take_body(std::span<char> bytes) {
  const PayloadDecoder::Decoded decoded = decoder_.decode(bytes);
  if (decoded.broken || decoded.consumed < bytes.size()) {
    keep_alive_ = false;
  }
  if (!decoded.payload.empty()) {
    call_.summary.bytes_received += decoded.payload.size();
    chain_.on_payload(call_, decoded.payload);
    if (draining_) {
      drained_bytes_ += decoded.payload.size();
    } else if (sink_state_ != SinkState::kGone) {
      sink_state_ = sink_.on_payload(decoded.payload);
    }
  }
  if (decoded.broken) {
    timed_out_ = false;
    call_.failure_detail = "malformed response body";
    connection_->io->cancel();
    broken_ = true;
  }
}

Task<CallOutcome> UpstreamCall::relay() {
  const auto& settings = *call_.policy;
  for (;;) {
    if (sink_state_ == SinkState::kBlocked && !draining_) {
      deadline_.disarm();  // how long a client may take is the sink's business
      sink_state_ = co_await sink_.ready();
    }
    if (sink_state_ == SinkState::kGone && !draining_) {
      client_gone();
    }
    if (aborted_) {
      co_return CallOutcome::kAborted;
    }
    if (broken_) {
      co_return CallOutcome::kTruncated;
    }
    if (decoder_.done()) {
      co_return CallOutcome::kComplete;
    }
    if (draining_) {
      if (drained_bytes_ > settings.listener.drain_bytes_max) {
        co_return CallOutcome::kAborted;
      }
    } else {
      sink_state_ = sink_.flush();
      if (sink_state_ != SinkState::kReady) {
        continue;
      }
      io_.wheel.arm(deadline_, settings.upstream.idle_timeout);
    }
    const bool woken = co_await connection_->io->readable();
    if (!woken) {
      co_return aborted_ || draining_ ? CallOutcome::kAborted : CallOutcome::kTruncated;
    }
    const std::span<char> scratch(io_.response.get(), WorkerIo::kScratchBytes);
    const net::Io got = connection_->io->read_some(scratch);
    if (got.state == net::IoState::kOk) {
      take_body(scratch.first(got.bytes));
    } else if (got.state != net::IoState::kWouldBlock) {
      keep_alive_ = false;
      const bool normal_end = got.state == net::IoState::kEnd && decoder_.end_of_stream();
      co_return normal_end ? CallOutcome::kComplete : CallOutcome::kTruncated;
    }
  }
}

void UpstreamCall::release_connection() {
  const Origin& origin = *upstream().origin;
  io_.pool.keep_tls_session(origin, *connection_->io);
  io_.pool.give_back(origin, std::move(connection_), call_.policy->upstream, now());
}

Task<> UpstreamCall::discard_connection() {
  if (connection_ == nullptr) {
    co_return;
  }
  co_await connection_->io->close();
  connection_.reset();
}

}  // namespace penstock::http
