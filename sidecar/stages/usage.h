#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/domain/price_table.h"
#include "sidecar/pipeline/stage.h"

namespace penstock::stages {

// Reads what a call used, and what that costs: asks a stream for its usage where the client did not
// (per backend: Auto, Never, Always), watches the answer pass by, and prices it once it is over.
class UsageStage final : public pipeline::CallStage {
 public:
  UsageStage(const resolve::ResolvedPolicy& policy, const domain::PriceTable& prices);

  pipeline::Verdict on_call(request::CallContext& call) noexcept override;
  bool on_attempt(request::CallContext& call, request::AttemptResult result,
                  const http1::ResponseHead* head) noexcept override;
  void on_response(request::CallContext& call, const http1::ResponseHead& head) noexcept override;
  void on_payload(request::CallContext& call, std::string_view payload) noexcept override;
  void on_complete(request::CallContext& call) noexcept override;

 private:
  void price(request::CallSummary& summary, std::string_view service_tier) const;

  const domain::PriceTable& prices_;
  // Backends that answered 400 to our stream option: not asked again while this policy runs.
  std::vector<bool> refuses_option_;
};

}  // namespace penstock::stages
