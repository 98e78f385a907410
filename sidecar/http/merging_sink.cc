#include "sidecar/http/merging_sink.h"

#include "sidecar/http/shared_head.h"

namespace penstock::http {

SinkState MergingSink::on_head(const http1::ResponseHead& head, const request::HeadArrival& arrival,
                               bool usage_added) {
  // Whatever a 2xx holds, it is not the answer to what the client asked.
  if (head.status < 200 || head.status >= 300) {
    return client_.on_head(head, arrival, usage_added);
  }
  head_ = std::make_unique<request::SharedHead>();
  copy_head(head, *head_);
  head_->arrival = arrival;
  head_->arrival.whole = true;
  return SinkState::kReady;
}

SinkState MergingSink::on_payload(std::string_view payload) {
  if (head_ == nullptr) {
    return client_.on_payload(payload);
  }
  if (payload.size() > request::EmbeddingPlan::kAnswerBytesMax - paid_.size()) {
    given_up_ = ErrorCode::kUpstreamFailed;
  } else if (!lease_.take(payload.size(), budget_max_)) {
    given_up_ = ErrorCode::kOverloaded;
  }
  if (given_up_) {
    return SinkState::kGone;
  }
  paid_.append(payload);
  return SinkState::kReady;
}

SinkState MergingSink::flush() {
  return head_ == nullptr ? client_.flush() : SinkState::kReady;
}

CallOutcome MergingSink::conclude(CallOutcome outcome, request::CallContext& call) {
  if (head_ == nullptr || (outcome == CallOutcome::kAborted && !given_up_)) {
    return outcome;
  }
  if (!given_up_ && !lease_.take(plan_->found_bytes() + paid_.size(), budget_max_)) {
    given_up_ = ErrorCode::kOverloaded;
  }
  if (given_up_ == ErrorCode::kOverloaded) {
    paid_ = {};
    call.refuse(*given_up_, kNoRoom);
    return CallOutcome::kFailed;
  }
  const bool identity = !head_->head.has(http1::HeaderId::kContentEncoding);
  const auto merged = outcome == CallOutcome::kComplete && identity && !given_up_
                          ? request::merged_answer(*plan_, paid_)
                          : std::nullopt;
  paid_ = {};
  if (!merged) {
    call.refuse(ErrorCode::kUpstreamFailed,
                "The model backend did not answer what it was asked for.");
    return CallOutcome::kFailed;
  }
  head_->head.framing = http1::Framing::kLength;
  head_->head.content_length = merged->size();
  static_cast<void>(client_.on_head(head_->head, head_->arrival, false));
  // What the client does not take at once waits in its writer.
  static_cast<void>(client_.on_payload(*merged));
  return CallOutcome::kComplete;
}

}  // namespace penstock::http
