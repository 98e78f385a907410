#include "sidecar/pipeline/chain.h"

#include <ranges>

namespace penstock::pipeline {

Task<Verdict> CallerStage::wait(request::CallerContext& /*caller*/) {
  co_return Verdict::kContinue;
}

CallerChain::Position CallerChain::run(request::CallerContext& caller,
                                       std::size_t entered) const noexcept {
  while (entered < stages_.size()) {
    const Verdict verdict = stages_[entered]->on_request(caller);
    ++entered;
    if (verdict != Verdict::kContinue) {
      return {verdict, entered};
    }
  }
  return {Verdict::kContinue, entered};
}

void CallerChain::complete(request::CallerContext& caller, std::size_t entered) const noexcept {
  while (entered > 0) {
    --entered;
    stages_[entered]->on_complete(caller);
  }
}

bool CallChain::on_call(request::CallContext& call) const noexcept {
  for (const auto& stage : stages_) {
    if (stage->on_call(call) == Verdict::kRespond) {
      return false;
    }
  }
  return true;
}

bool CallChain::on_attempt(request::CallContext& call, request::AttemptResult result,
                           const http1::ResponseHead* head) const noexcept {
  bool again = false;
  for (const auto& stage : stages_) {
    again = stage->on_attempt(call, result, head) || again;
  }
  return again;
}

void CallChain::on_response(request::CallContext& call,
                            const http1::ResponseHead& head) const noexcept {
  for (const auto& stage : stages_) {
    stage->on_response(call, head);
  }
}

void CallChain::on_payload(request::CallContext& call, std::string_view payload) const noexcept {
  for (const auto& stage : stages_) {
    stage->on_payload(call, payload);
  }
}

void CallChain::on_complete(request::CallContext& call) const noexcept {
  for (const auto& stage : std::views::reverse(stages_)) {
    stage->on_complete(call);
  }
}

}  // namespace penstock::pipeline
