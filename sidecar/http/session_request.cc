// The reading half of a session: bytes to head, head to body plan, body collected or passed on.
#include <algorithm>

#include "sidecar/domain/free_memory.h"
#include "sidecar/http/session.h"
#include "sidecar/http1/head_parser.h"

namespace penstock::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// What a body gets at once; beyond that its room follows what came, whatever was announced.
constexpr std::uint64_t kFirstRoomBytes = 64 * 1024;

// Room for `needed` bytes of a body that may become `announced` (0: unknown) long.
void make_room(std::string& body, std::uint64_t needed, std::uint64_t announced) {
  if (needed > body.capacity() && needed <= announced) {
    body.reserve(std::clamp(2 * needed, std::min(kFirstRoomBytes, announced), announced));
  }
}

}  // namespace

http1::HeadResult Session::parse_buffered() {
  const resolve::ListenerSettings& settings = snapshot_->policy->listener;
  const http1::HeadLimits limits{.header_lines_max = settings.header_lines_max,
                                 .head_bytes_max = settings.head_bytes_max};
  io_.request_head.clear();
  const std::string_view bytes = kept_.empty() ? input_ : std::string_view(kept_);
  if (bytes.empty()) {
    return {};
  }
  const http1::HeadResult parsed =
      http1::parse_request_head(bytes, limits, io_.request_head, head_scanned_);
  head_scanned_ = parsed.state == http1::HeadResult::kNeedMore ? bytes.size() : 0;
  return parsed;
}

// Reads once, into the worker's buffer where nothing is kept yet. False: the client is gone.
bool Session::fill() {
  const std::span<char> scratch(io_.receive.get(), WorkerIo::kScratchBytes);
  const net::Io got = connection_.read_some(scratch);
  if (got.state == net::IoState::kWouldBlock) {
    return true;
  }
  if (got.state != net::IoState::kOk) {
    return false;
  }
  if (kept_.empty()) {
    input_ = std::string_view(scratch.data(), got.bytes);
  } else {
    kept_.append(scratch.data(), got.bytes);
  }
  return true;
}

// The worker's buffer is everybody's after the next suspension.
void Session::keep_input() {
  if (!input_.empty()) {
    kept_.append(input_);
    input_ = {};
  }
}

// Arms what limits the wait for input. False: the connection should end instead.
bool Session::expects_more_input() {
  keep_input();
  const resolve::ListenerSettings& limits = snapshot_->policy->listener;
  timed_out_ = false;
  if (!kept_.empty()) {
    // One limit for the whole head, however slowly its bytes drip.
    if (!deadline_.armed() || waits_between_requests_) {
      waits_between_requests_ = false;
      io_.wheel.arm(deadline_, limits.head_timeout);
    }
    return true;
  }
  domain::free_memory(kept_);  // what a request needed is nothing that an idle connection holds
  idle_ = true;
  waits_between_requests_ = true;
  io_.wheel.arm(deadline_, asked_before_ ? limits.keep_alive_timeout : limits.head_timeout);
  // A connection that is new while we drain may ask once.
  return !finishing_ && (!asked_before_ || !host_.draining());
}

void Session::plan_body() {
  request::CallerContext& caller = *caller_;
  const http1::RequestHead& head = caller.text->head;
  const resolve::ListenerSettings& limits = caller.policy->listener;
  body_.start(head.framing, head.content_length);
  body_left_ = false;
  body_stopped_ = false;
  has_prefix_ = false;
  continued_ = false;
  if (body_.done()) {
    body_plan_ = BodyPlan::kHave;
    return;
  }
  const bool readable = domain::is_model_call(caller.endpoint.operation) &&
                        caller.policy->mode == resolve::Mode::kEnforce;
  const bool encoded = head.has(http1::HeaderId::kContentEncoding);
  const bool fits = head.framing == http1::Framing::kChunked ||
                    head.content_length <= limits.collected_body_bytes_max;
  if (readable && !encoded && fits) {
    body_plan_ = borrow_whole_body() ? BodyPlan::kHave : BodyPlan::kCollect;
    return;
  }
  body_plan_ = BodyPlan::kStream;
  if (!readable) {
    caller.bypass = domain::BypassReason::kNotModelCall;
  } else if (encoded) {
    caller.bypass = domain::BypassReason::kEncodedBody;
  } else {
    body_too_large();
  }
}

// By the policy: an error, or a body that passes without being read.
void Session::body_too_large() {
  request::CallerContext& caller = *caller_;
  caller.bypass = domain::BypassReason::kBodyTooLarge;
  body_plan_ = BodyPlan::kStream;
  if (caller.policy->listener.oversized_body == resolve::OversizedBody::kReject) {
    caller.refuse(ErrorCode::kBodyTooLarge, "The request body is larger than this proxy accepts.");
  }
}

bool Session::borrow_whole_body() {
  request::CallerContext& caller = *caller_;
  const std::uint64_t length = caller.text->head.content_length;
  if (caller.text->head.framing != http1::Framing::kLength || !kept_.empty() ||
      input_.size() < length) {
    return false;
  }
  caller.text->borrow_body(input_.substr(0, length));
  input_.remove_prefix(length);
  caller.bytes_in = length;
  return true;
}

Task<bool> Session::send_continue() {
  if (std::exchange(continued_, true) || !kept_.empty() || writer_.blocked()) {
    co_return true;  // it was asked for, or is already on its way
  }
  ClientWriter::Result written = writer_.write(kContinue);
  if (written == ClientWriter::Result::kBlocked) {
    const bool drained = co_await writer_.drain();
    co_return drained;
  }
  co_return written == ClientWriter::Result::kWritten;
}

// Of a body of which so much is here. False: refused. Whoever waits for its backend loses nothing
// by it: the rest stays in the network, and passes once there is one.
bool Session::over_budget(std::string begun) {
  if (io_.hold == nullptr) {
    caller_->refuse(ErrorCode::kOverloaded, "Too many request bodies are being read.");
    return false;
  }
  caller_->bypass = domain::BypassReason::kBodyTooLarge;
  body_plan_ = BodyPlan::kStream;
  passed_on_ = std::move(begun);
  has_prefix_ = !passed_on_.empty();
  return true;
}

// False: refused (the context says why), or the client is gone. Where a chunked body turns out too
// large, the body becomes a streamed one whose beginning is already here.
Task<bool> Session::collect_body() {
  request::CallerContext& caller = *caller_;
  const resolve::ListenerSettings& limits = caller.policy->listener;
  const bool sized = caller.text->head.framing == http1::Framing::kLength;
  const std::uint64_t most = limits.collected_total_bytes_max;
  const std::uint64_t announced = sized ? caller.text->head.content_length : 0;
  if (caller.text->head.expect_continue) {
    // Refused now, not when it was sent.
    if (host_.limits().collected_bytes.load(std::memory_order_relaxed) + announced > most) {
      co_return over_budget({});
    }
    const bool asked = co_await send_continue();
    if (!asked) {
      co_return false;
    }
  }
  std::string body;
  timed_out_ = false;
  for (;;) {
    const PayloadDecoder::Decoded decoded = body_.decode(kept_);
    if (decoded.broken) {
      caller.refuse(ErrorCode::kInvalidRequest, "The request body is not well-formed.");
      co_return false;
    }
    // By what is here, not by what was announced: who only announces holds up nobody.
    const bool affordable = lease_.take(decoded.payload.size(), most);
    make_room(body, body.size() + decoded.payload.size(), announced);
    body.append(decoded.payload);
    kept_.erase(0, decoded.consumed);
    if (!affordable) {
      co_return over_budget(std::move(body));
    }
    if (body.size() > limits.collected_body_bytes_max) {
      passed_on_ = std::move(body);
      has_prefix_ = true;
      body_too_large();
      co_return !caller.refusal;
    }
    if (body_.done()) {
      break;
    }
    io_.wheel.arm(deadline_, limits.body_timeout);
    const clock::Instant begin = io_.services.clock.now();
    const bool woken = co_await connection_.readable();
    add_wait(begin);
    const bool read = woken && fill();
    keep_input();
    if (!read) {
      if (timed_out_) {
        caller.refuse(ErrorCode::kRequestTimeout, "The request body did not arrive in time.");
      }
      co_return false;
    }
  }
  deadline_.disarm();
  caller.bytes_in = body.size();
  caller.text->own_body(std::move(body));
  caller.text->lease.take_over(lease_);
  body_plan_ = BodyPlan::kHave;
  co_return true;
}

// While a piece is sent on, nobody reads, so somebody has to see the client leave. What it sends
// stays in the kernel until the piece is through; behind the last one it is the next request.
void Session::hand_out(Piece& piece) {
  piece.last = body_.done();
  if (!piece.last) {
    connection_.watch_end(this);
    return;
  }
  piece.trailers = body_.trailers();
  deadline_.disarm();
  connection_.watch(this);
}

Task<BodySource::Piece> Session::next() {
  Piece piece;
  connection_.watch(nullptr);
  if (std::exchange(has_prefix_, false)) {
    caller_->bytes_in += passed_on_.size();
    piece.bytes = passed_on_;
    hand_out(piece);
    co_return piece;
  }
  if (passed_on_.capacity() > 2 * WorkerIo::kScratchBytes) {
    domain::free_memory(passed_on_);  // the collected beginning; the rest comes in small pieces
  }
  lease_.give_back();
  timed_out_ = false;
  while (!body_stopped_ && !gone_) {
    if (!kept_.empty()) {
      passed_on_.swap(kept_);
      kept_.clear();
      const PayloadDecoder::Decoded decoded = body_.decode(passed_on_);
      if (decoded.broken) {
        break;
      }
      kept_.assign(passed_on_, decoded.consumed);
      if (!decoded.payload.empty() || body_.done()) {
        caller_->bytes_in += decoded.payload.size();
        piece.bytes = decoded.payload;
        hand_out(piece);
        co_return piece;
      }
      continue;
    }
    io_.wheel.arm(deadline_, caller_->policy->listener.body_timeout);
    const bool woken = co_await connection_.readable();
    const bool read = woken && fill();
    keep_input();
    if (!read) {
      if (!timed_out_ && !body_stopped_) {
        lose_client();
      }
      break;
    }
  }
  if (body_stopped_ && !gone_) {
    connection_.watch_end(this);  // its answer goes on
  }
  deadline_.disarm();
  body_left_ = true;
  sink_.close_after();
  piece.failed = true;
  piece.late = timed_out_;
  co_return piece;
}

void Session::stop() {
  body_stopped_ = true;
  if (!body_.done()) {
    body_left_ = true;
    sink_.close_after();
  }
  connection_.cancel();
}

}  // namespace penstock::http
