#pragma once

#include <optional>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/domain/backend_choice.h"
#include "sidecar/domain/retry_budget.h"
#include "sidecar/pipeline/stage.h"
#include "sidecar/stages/backend_board.h"

namespace penstock::stages {

// Chooses the backend of each attempt: by the first matching route, by weight among those that are
// healthy and take the model, then the route's fallbacks in order. Another attempt goes to another
// backend, or once to the same one where several callers wait; within a retry budget.
class RouteStage final : public pipeline::CallStage {
 public:
  // The board outlives the stage.
  RouteStage(const resolve::ResolvedPolicy& policy, domain::Instant now, BackendBoard& board);

  pipeline::Verdict on_call(request::CallContext& call) noexcept override;
  bool on_attempt(request::CallContext& call, request::AttemptResult result,
                  const http1::ResponseHead* head) noexcept override;

 private:
  std::optional<domain::BackendChoice> choose(request::CallContext& call, domain::Instant now);
  void record(const domain::BackendChoice& choice, domain::BackendOutcome outcome,
              domain::Instant now);

  domain::BackendChooser chooser_;
  domain::RetryBudget retries_;
  BackendBoard& board_;
  domain::BackendSet out_of_use_;  // as the board has been told
};

}  // namespace penstock::stages
