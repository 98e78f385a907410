#pragma once

#include "lib/resolve/resolved_policy.h"
#include "sidecar/domain/cache_entry.h"
#include "sidecar/pipeline/stage.h"
#include "sidecar/stages/tiers.h"

namespace penstock::stages {

// Lets identical cacheable requests that are in flight share one upstream call: joins the running
// one, or leads a new one that others may join. Where one ended between the cache stage's look-up
// and this stage, its stored answer is given: of an embeddings batch, once every input is there.
class CoalesceStage final : public pipeline::CallerStage {
 public:
  CoalesceStage(const resolve::Caching& settings, Tiers tiers);

  pipeline::Verdict on_request(request::CallerContext& caller) noexcept override;

 private:
  [[nodiscard]] domain::EntryPtr find_again(const request::CallerContext& caller) const;
  [[nodiscard]] bool is_there(const digest::Hash128& key,
                              const request::CallerContext& caller) const;
  [[nodiscard]] bool batch_appeared(const request::CallerContext& caller) const;
  [[nodiscard]] bool answer_batch(request::CallerContext& caller) const;

  const resolve::Caching& settings_;
  Tiers tiers_;
  request::FlightLimits limits_;
};

}  // namespace penstock::stages
