// An upstream call that a session makes for its own client alone.
#include <memory>
#include <utility>

#include "sidecar/http/merging_sink.h"
#include "sidecar/http/session.h"
#include "sidecar/request/lifecycle.h"

namespace penstock::http {

Task<> Session::call_upstream() {
  request::CallerContext& caller = *caller_;
  request::CallContext call(io_.services, caller.policy);
  const bool streams_body = body_plan_ == BodyPlan::kStream;
  if (streams_body) {
    const http1::RequestHead& head = caller.text->head;
    streamed_length_ =
        head.framing == http1::Framing::kLength ? std::optional(head.content_length) : std::nullopt;
    if (head.expect_continue) {
      static_cast<void>(co_await send_continue());
    }
  }
  request::hand_over(caller, call);
  std::unique_ptr<MergingSink> merging;
  ResponseSink* sink = &sink_;
  if (caller.embeddings != nullptr && caller.embeddings->partial()) {
    merging =
        std::make_unique<MergingSink>(sink_, caller.embeddings, host_.limits().collected_bytes,
                                      caller.policy->listener.collected_total_bytes_max);
    sink = merging.get();
  }
  UpstreamCall upstream(io_, snapshot_->call_chain, snapshot_->upstreams, call, *sink,
                        streams_body ? this : nullptr);
  call_ = &upstream;
  // A body that is passed on is read by who asks for it, which nobody does yet.
  if (!streams_body || io_.hold != nullptr) {
    connection_.watch(this);
  } else {
    connection_.watch_end(this);
  }
  CallOutcome outcome = co_await upstream.run();
  call_ = nullptr;
  connection_.watch(nullptr);
  request::take_summary(caller, std::move(call.summary), /*paid=*/true);
  if (merging != nullptr) {
    outcome = gone_ ? CallOutcome::kAborted : merging->conclude(outcome, call);
  }
  // Of what failed the client has seen nothing: it gets a whole refusal.
  gone_ = gone_ || (upstream.drained() && outcome != CallOutcome::kFailed);
  SinkState state = SinkState::kReady;
  if (outcome == CallOutcome::kComplete) {
    // An end behind a hole would make it look whole.
    state = gone_ ? SinkState::kGone : sink_.finish(upstream.trailers());
  } else {
    co_await conclude(outcome, call, upstream);
  }
  if (!gone_ && writer_.blocked()) {
    state = co_await client_takes_rest();
  }
  note_state(state);
}

// Of a call that did not end in a whole answer.
Task<> Session::conclude(CallOutcome outcome, request::CallContext& call, UpstreamCall& upstream) {
  switch (outcome) {
    case CallOutcome::kComplete: break;
    case CallOutcome::kTruncated: break_off(); break;
    case CallOutcome::kAborted: lose_client(); break;
    case CallOutcome::kFailed:
      caller_->refusal = std::move(call.refusal);
      co_await refuse();
      break;
    case CallOutcome::kUpgraded:
      if (sink_.flush() == SinkState::kReady) {
        co_await tunnel(upstream);
      }
      gone_ = true;  // the connection was the tunnel's
      break;
  }
}

}  // namespace penstock::http
