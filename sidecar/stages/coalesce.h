#pragma once

#include "lib/resolve/resolved_policy.h"
#include "sidecar/pipeline/stage.h"

namespace penstock::stages {

// Lets identical cacheable requests that are in flight share one upstream call: joins the running
// one, or leads a new one that others may join.
class CoalesceStage final : public pipeline::CallerStage {
 public:
  explicit CoalesceStage(const resolve::Caching& settings);

  pipeline::Verdict on_request(request::CallerContext& caller) noexcept override;

 private:
  request::FlightLimits limits_;
};

}  // namespace penstock::stages
