#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sidecar/pipeline/stage.h"

namespace penstock::pipeline {

// A policy snapshot's enabled caller stages, in order.
class CallerChain {
 public:
  explicit CallerChain(std::vector<std::unique_ptr<CallerStage>> stages)
      : stages_(std::move(stages)) {}

  struct Position {
    Verdict verdict = Verdict::kContinue;
    std::size_t entered = 0;  // stages whose on_request ran
  };
  // Runs stages from `entered` on until one responds, wants to wait, or all continued.
  Position run(request::CallerContext& caller, std::size_t entered = 0) const noexcept;
  // The stage that answered kWait. REQUIRES: at.verdict == kWait.
  [[nodiscard]] CallerStage& waiting(Position at) const { return *stages_[at.entered - 1]; }
  // In reverse, for the stages that were entered.
  void complete(request::CallerContext& caller, std::size_t entered) const noexcept;

 private:
  std::vector<std::unique_ptr<CallerStage>> stages_;
};

// The call stages, in order.
class CallChain {
 public:
  explicit CallChain(std::vector<std::unique_ptr<CallStage>> stages) : stages_(std::move(stages)) {}

  // False: a refusal is in the context.
  [[nodiscard]] bool on_call(request::CallContext& call) const noexcept;
  [[nodiscard]] bool on_attempt(request::CallContext& call, request::AttemptResult result,
                                const http1::ResponseHead* head) const noexcept;
  void on_response(request::CallContext& call, const http1::ResponseHead& head) const noexcept;
  void on_payload(request::CallContext& call, std::string_view payload) const noexcept;
  void on_complete(request::CallContext& call) const noexcept;

 private:
  std::vector<std::unique_ptr<CallStage>> stages_;
};

}  // namespace penstock::pipeline
