// The receiving half of an upstream call: heads, and the body on its way to the sink.
#include <utility>

#include "sidecar/domain/free_memory.h"
#include "sidecar/http/upstream_call.h"
#include "sidecar/http1/head_parser.h"

namespace penstock::http {
namespace {

// Generous for a server, yet bounded: an upstream's head is not the clients' business to limit.
constexpr http1::HeadLimits kResponseLimits{
    .header_lines_max = 256, .head_bytes_max = 64 * 1024, .target_bytes_max = 0};

// What is read of an error before it is judged; a longer one is judged by its beginning.
constexpr std::size_t kErrorBodyMax = 64 * 1024;

}  // namespace

Task<UpstreamCall::Step> UpstreamCall::await_head() {
  io_.wheel.arm(deadline_, call_.policy->upstream.first_byte_timeout);
  broken_ = false;
  for (;;) {
    bool woken = has_said_early();
    if (!woken) {
      woken = co_await connection_->io->readable();
    }
    if (!woken || aborted_) {
      co_return Step::kFailed;
    }
    const std::span<char> scratch(io_.response.get(), WorkerIo::kScratchBytes);
    const net::Io got = read_head_bytes(scratch);
    if (got.state == net::IoState::kWouldBlock) {
      continue;
    }
    if (got.state != net::IoState::kOk) {
      co_return Step::kFailed;
    }
    answer_begun_ = true;
    switch (on_head_bytes(scratch.first(got.bytes))) {
      case HeadStep::kNeedMore: break;
      case HeadStep::kBroken:
        static_cast<void>(
            chain_.on_attempt(call_, lost_connection("malformed response head"), nullptr));
        co_return Step::kFailed;
      case HeadStep::kAgain: co_return Step::kAgain;
      case HeadStep::kRelay: co_return Step::kRelay;
      case HeadStep::kUpgraded: co_return Step::kUpgraded;
      case HeadStep::kErrorBody: {
        const Step step = co_await await_error_body();
        co_return step;
      }
    }
  }
}

// What came while the request was being sent, and then what comes.
net::Io UpstreamCall::read_head_bytes(std::span<char> into) {
  if (!has_said_early()) {
    return connection_->io->read_some(into);
  }
  const std::string said = std::exchange(rare_->said_early, {});
  said.copy(into.data(), into.size());
  return {said.size(), net::IoState::kOk};
}

// The answer says that the request was wrong, and part of the request is ours: what the answer
// complains about decides, so it is read before any caller sees it.
Task<UpstreamCall::Step> UpstreamCall::await_error_body() {
  while (!decoder_.done() && !broken_ && rare().error_body.size() < kErrorBodyMax) {
    const bool woken = co_await connection_->io->readable();
    if (aborted_) {
      co_return Step::kFailed;
    }
    if (!woken) {
      broken_ = true;
      break;
    }
    const std::span<char> scratch(io_.response.get(), WorkerIo::kScratchBytes);
    const net::Io got = connection_->io->read_some(scratch);
    if (got.state == net::IoState::kOk) {
      take_error_body(scratch.first(got.bytes));
    } else if (got.state != net::IoState::kWouldBlock) {
      keep_alive_ = false;
      broken_ = got.state != net::IoState::kEnd || !decoder_.end_of_stream();
    }
  }
  // The parsed head viewed the worker's buffers; its own bytes are still here.
  static_cast<void>(http1::parse_response_head(rare().head_bytes,
                                               kResponseLimits, /*request_was_head=*/
                                               false, io_.response_head));
  const bool again = judge_answer();
  co_return again ? Step::kAgain : Step::kRelay;
}

void UpstreamCall::take_error_body(std::span<char> bytes) {
  const PayloadDecoder::Decoded decoded = decode(bytes);
  rare().error_body.append(decoded.payload);
}

UpstreamCall::HeadStep UpstreamCall::on_head_bytes(std::span<char> bytes) {
  std::span<char> whole = bytes;
  std::size_t scanned = 0;
  if (rare_ != nullptr && !rare_->head_bytes.empty()) {
    std::string& kept = rare_->head_bytes;
    scanned = kept.size();
    kept.append(bytes.data(), bytes.size());
    whole = kept;
  }
  const bool for_head = call_.text->head.method == "HEAD";
  for (;;) {
    http1::ResponseHead& head = io_.response_head;
    head.clear();
    const http1::HeadResult parsed = http1::parse_response_head(
        {whole.data(), whole.size()}, kResponseLimits, for_head, head, scanned);
    if (parsed.state == http1::HeadResult::kNeedMore) {
      rare().head_bytes.assign(whole.data(), whole.size());
      return HeadStep::kNeedMore;
    }
    if (parsed.state != http1::HeadResult::kDone) {
      return HeadStep::kBroken;
    }
    const std::span<char> head_text = whole.first(parsed.size);
    whole = whole.subspan(parsed.size);
    scanned = 0;
    const bool interim = head.status < 200 && head.status != 101;
    if (!interim) {
      return on_final_head(head_text, whole);
    }
    // 100 is ours to send or not: the client's body was read (or is being read) either way.
    if (head.status != 100) {
      sink_.on_interim(head);
    }
  }
}

UpstreamCall::HeadStep UpstreamCall::on_final_head(std::span<char> head_text,
                                                   std::span<char> rest) {
  const http1::ResponseHead& head = io_.response_head;
  call_.first_byte = now();
  call_.summary.status = head.status;
  if (head.status == 101) {
    if (!call_.text->head.upgrade_websocket ||
        !http1::equals_ignoring_case(head.upgrade, "websocket")) {
      return HeadStep::kBroken;  // nobody asked to leave HTTP, or not for that
    }
    rare().early_bytes.assign(rest.data(), rest.size());
    chain_.on_response(call_, head);
    static_cast<void>(sink_.on_head(head, arrival(), false));
    return HeadStep::kUpgraded;
  }
  keep_alive_ = head.keep_alive;
  nominates_ = head.connection_nominates;
  decoder_.start(head.framing, head.content_length);
  if (head.status == 400 && call_.body_edit && !decoder_.done()) {
    std::string kept(head_text.data(), head_text.size());
    take_error_body(rest);
    rare().head_bytes = std::move(kept);
    return HeadStep::kErrorBody;
  }
  if (judge_answer()) {
    return HeadStep::kAgain;
  }
  take_body(rest);
  rare_.reset();
  return HeadStep::kRelay;
}

request::HeadArrival UpstreamCall::arrival() const {
  request::HeadArrival arrival{.at = call_.first_byte, .queue = call_.summary.queue};
  if (!reused_) {
    arrival.connect = call_.summary.connect;
  }
  return arrival;
}

// True: the call is repeated. Otherwise the answer begins here, with what is in the worker's head.
bool UpstreamCall::judge_answer() {
  const http1::ResponseHead& head = io_.response_head;
  const std::string_view error_body = rare_ == nullptr ? std::string_view{} : rare_->error_body;
  call_.error_body = error_body;
  const bool again = worth_another(request::AttemptResult::kAnswered, &head);
  call_.error_body = {};
  if (again) {
    return true;
  }
  chain_.on_response(call_, head);
  if (streamed_ == nullptr && !call_.keeps_text) {
    call_.text.reset();
  }
  if (!draining_) {
    sink_state_ = sink_.on_head(head, arrival(), call_.body_edit != nullptr);
  }
  take_payload(error_body);
  return false;
}

PayloadDecoder::Decoded UpstreamCall::decode(std::span<char> bytes) {
  const PayloadDecoder::Decoded decoded = decoder_.decode(bytes);
  if (decoded.broken || decoded.consumed < bytes.size()) {
    keep_alive_ = false;
  }
  if (decoded.broken) {
    timed_out_ = false;
    call_.note_failure("malformed response body");
    connection_->io->cancel();
    broken_ = true;
  }
  return decoded;
}

void UpstreamCall::take_body(std::span<char> bytes) {
  const PayloadDecoder::Decoded decoded = decode(bytes);
  take_payload(decoded.payload);
}

void UpstreamCall::take_payload(std::string_view payload) {
  if (payload.empty()) {
    return;
  }
  chain_.on_payload(call_, payload);
  sink_.on_arrival(payload);
  if (decoder_.done() && !broken_) {
    settle(CallOutcome::kComplete);
  }
  if (draining_) {
    rare().drained_bytes += payload.size();
  } else if (sink_state_ != SinkState::kGone) {
    sink_state_ = sink_.on_payload(payload);
  }
}

// Whether a stream whose only end is the connection's stopped before it had said that it was done.
bool UpstreamCall::ended_early() const {
  if (call_.reader == nullptr || !call_.reader->readable() || !call_.reader->event_stream() ||
      !domain::is_generation(call_.endpoint.operation)) {
    return false;
  }
  call_.reader->end();
  return !call_.reader->usage().ended();
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
      if (rare().drained_bytes > settings.listener.drain_bytes_max) {
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
      const bool normal_end =
          got.state == net::IoState::kEnd && decoder_.end_of_stream() && !ended_early();
      co_return normal_end ? CallOutcome::kComplete : CallOutcome::kTruncated;
    }
  }
}

}  // namespace penstock::http
