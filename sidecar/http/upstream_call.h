#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lib/net/dial.h"
#include "lib/task/task.h"
#include "sidecar/http/body_source.h"
#include "sidecar/http/client_writer.h"
#include "sidecar/http/hold_room.h"
#include "sidecar/http/origin.h"
#include "sidecar/http/payload_decoder.h"
#include "sidecar/http/response_sink.h"
#include "sidecar/http/worker_io.h"
#include "sidecar/pipeline/chain.h"
#include "sidecar/request/call_context.h"

namespace penstock::http {

enum class CallOutcome : std::uint8_t {
  kComplete,   // the whole answer went to the sink
  kTruncated,  // the head did, the rest did not all come
  kFailed,     // no answer: the context holds the refusal
  kAborted,    // stopped because nobody wanted it
  kUpgraded,   // 101: the connection is a tunnel now, see take_connection()
};

// Makes one upstream call, with its attempts, and brings the answer to a sink. Retries only before
// the sink saw a byte. A reused connection that ends before any response byte does not count as an
// attempt.
//
// Threads: one worker. run() once; client_gone() and abort() at any time while it runs.
class UpstreamCall final : public net::ReadWatcher {
 public:
  // `streamed`: the request body where it was not collected, else nullptr. All references outlive
  // the run.
  UpstreamCall(WorkerIo& io, const pipeline::CallChain& chain, std::span<const Upstream> upstreams,
               request::CallContext& call, ResponseSink& sink, BodySource* streamed);
  UpstreamCall(const UpstreamCall&) = delete;
  UpstreamCall& operator=(const UpstreamCall&) = delete;

  Task<CallOutcome> run();

  // Nobody takes the answer any more: stop, or read on for accounting, as the policy says.
  void client_gone();
  // Stop whatever the policy says.
  void abort();

  // After kUpgraded: the tunnel's upstream end, and what it sent behind the head.
  std::unique_ptr<PooledConnection> take_connection() { return std::move(connection_); }
  [[nodiscard]] std::string_view early_bytes() const {
    return rare_ == nullptr ? std::string_view{} : rare_->early_bytes;
  }
  // After kComplete: the trailer section's lines, usually none.
  [[nodiscard]] std::string_view trailers() const {
    return nominates_ ? std::string_view{} : decoder_.trailers();
  }
  // Part of the answer was read for accounting alone: the client lacks it, however the call ended.
  [[nodiscard]] bool drained() const { return draining_; }

 private:
  static constexpr std::string_view kNoAnswerInTime = "The model backend did not answer in time.";

  enum class Step : std::uint8_t { kAgain, kFailed, kRelay, kUpgraded };

  PENSTOCK_OWN_FRAME Task<Step> attempt();
  bool take_pooled();
  PENSTOCK_OWN_FRAME Task<bool> dial();
  PENSTOCK_OWN_FRAME Task<bool> hold();
  void refuse_held(ErrorCode code, std::string_view message);
  ClientWriter::Result write_request(ClientWriter& writer);
  PENSTOCK_OWN_FRAME Task<bool> send_rest(ClientWriter& writer, ClientWriter::Result written);
  PENSTOCK_OWN_FRAME Task<bool> send_streamed_body();
  Task<ClientWriter::Result> drain(ClientWriter& writer);
  [[nodiscard]] bool may_have_answered();
  net::IoState take_early();
  ClientWriter::Result write_piece(ClientWriter& writer, const BodySource::Piece& piece,
                                   bool chunked);
  PENSTOCK_OWN_FRAME Task<Step> await_head();
  PENSTOCK_OWN_FRAME Task<Step> await_error_body();
  Task<CallOutcome> relay();
  [[nodiscard]] bool passed_on() const;
  // Nobody waits for an answer: no attempt begins any more.
  [[nodiscard]] bool deserted() const { return aborted_ || draining_; }
  [[nodiscard]] bool ended_early() const;
  PENSTOCK_OWN_FRAME Task<> discard_connection();  // REQUIRES: there is one

  // Watches the upstream while the request is being sent (net::ReadWatcher).
  void on_readable() override;

  enum class HeadStep : std::uint8_t { kNeedMore, kBroken, kErrorBody, kAgain, kRelay, kUpgraded };
  net::Io read_head_bytes(std::span<char> into);
  HeadStep on_head_bytes(std::span<char> bytes);
  HeadStep on_final_head(std::span<char> head_text, std::span<char> rest);
  [[nodiscard]] request::HeadArrival arrival() const;
  bool judge_answer();
  PayloadDecoder::Decoded decode(std::span<char> bytes);
  void take_error_body(std::span<char> bytes);
  void take_body(std::span<char> bytes);
  void take_payload(std::string_view payload);
  bool worth_another(request::AttemptResult result, const http1::ResponseHead* head);
  request::AttemptResult lost_connection(std::string_view what);
  void release_connection();
  void fail_dial(const net::Dial::Outcome& outcome);
  void build_head();
  CallOutcome finish(CallOutcome outcome);
  void settle(CallOutcome outcome);
  void expire();
  [[nodiscard]] const Upstream& upstream() const { return upstreams_[call_.backend]; }
  [[nodiscard]] std::string_view backend_name() const {
    return call_.policy->backends[call_.backend].name;
  }
  [[nodiscard]] clock::Instant now() const;

  WorkerIo& io_;
  const pipeline::CallChain& chain_;
  std::span<const Upstream> upstreams_;
  request::CallContext& call_;
  ResponseSink& sink_;
  BodySource* streamed_;

  std::unique_ptr<PooledConnection> connection_;
  net::Dial* dial_ = nullptr;
  HoldRoom::Place* place_ = nullptr;  // while the call waits for its backend
  net::Deadline deadline_;
  PayloadDecoder decoder_;
  // What few calls need.
  struct Rare {
    std::string said_early;  // by the upstream, while the request was being sent
    std::string head_bytes;  // of a response head that came in pieces
    std::string error_body;  // read before the attempt was judged
    std::string early_bytes;
    std::uint64_t drained_bytes = 0;  // with draining_
  };
  Rare& rare() {
    if (rare_ == nullptr) {
      rare_ = std::make_unique<Rare>();
    }
    return *rare_;
  }
  [[nodiscard]] bool has_said_early() const {
    return rare_ != nullptr && !rare_->said_early.empty();
  }
  std::unique_ptr<Rare> rare_;  // of one attempt
  SinkState sink_state_ = SinkState::kReady;
  bool tried_ = false;  // to get a connection
  bool reused_ : 1 = false;
  bool body_spent_ : 1 = false;  // a streamed body that cannot be sent again
  bool request_sent_ : 1 = false;
  bool answered_early_ : 1 = false;  // the upstream spoke or left before it had the whole request
  bool answer_begun_ : 1 = false;    // bytes came back in this attempt
  bool keep_alive_ : 1 = false;
  bool settled_ = false;  // the stages have completed
  bool timed_out_ : 1 = false;
  bool aborted_ : 1 = false;
  bool broken_ : 1 = false;     // the answer's framing cannot be trusted any more
  bool absent_ : 1 = false;     // nobody took the last connection that was tried
  bool draining_ : 1 = false;   // nobody reads; we go on for the usage
  bool nominates_ : 1 = false;  // the answer's Connection ends some field here, be it a trailer
};

}  // namespace penstock::http
