#pragma once

#include <memory>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/domain/price_table.h"
#include "sidecar/pipeline/stage.h"
#include "sidecar/stages/backend_board.h"

namespace penstock::stages {

// Reads what a call used, and what that costs: asks a stream for its usage where the client did not
// (per backend: Auto, Never, Always), watches the answer pass by, and prices it once it is over.
class UsageStage final : public pipeline::CallStage {
 public:
  UsageStage(const domain::PriceTable& prices, BackendBoard& board)
      : prices_(prices), board_(board) {}

  pipeline::Verdict on_call(request::CallContext& call) noexcept override;
  bool on_attempt(request::CallContext& call, request::AttemptResult result,
                  const http1::ResponseHead* head) noexcept override;
  void on_response(request::CallContext& call, const http1::ResponseHead& head) noexcept override;
  void on_payload(request::CallContext& call, std::string_view payload) noexcept override;
  void on_complete(request::CallContext& call) noexcept override;

 private:
  void price(request::CallSummary& summary, std::string_view service_tier) const;

  const domain::PriceTable& prices_;
  BackendBoard& board_;
};

}  // namespace penstock::stages
