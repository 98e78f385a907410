#pragma once

#include "sidecar/pipeline/stage.h"

namespace penstock::stages {

// First of the caller stages, so that it completes last and sees everything, refusals too: closes
// the request's record and gives it to metrics, access log and /api/requests.
class AccountStage final : public pipeline::CallerStage {
 public:
  // `log_sampling`: share of requests that succeeded that the access log gets, 0 … 1. What failed
  // gets in as well, but at 0 nothing does.
  explicit AccountStage(double log_sampling) : log_sampling_(log_sampling) {}

  pipeline::Verdict on_request(request::CallerContext& caller) noexcept override;
  void on_complete(request::CallerContext& caller) noexcept override;

 private:
  double log_sampling_;
};

}  // namespace penstock::stages
