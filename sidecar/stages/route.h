#pragma once

#include <optional>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/pipeline/stage.h"

namespace penstock::stages {

// Chooses the backend of each attempt: by the first matching route, by weight among those that take
// the model, then the route's fallbacks in order. Another attempt is only made on another backend.
class RouteStage final : public pipeline::CallStage {
 public:
  pipeline::Verdict on_call(request::CallContext& call) noexcept override;
  bool on_attempt(request::CallContext& call, request::AttemptResult result,
                  const http1::ResponseHead* head) noexcept override;

 private:
  static std::optional<std::uint32_t> choose(const request::CallContext& call,
                                             std::uint64_t random);
};

}  // namespace penstock::stages
