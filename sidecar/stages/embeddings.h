#pragma once

#include "sidecar/dialect/embeddings.h"
#include "sidecar/domain/cache_key.h"
#include "sidecar/pipeline/stage.h"
#include "sidecar/request/embedding_plan.h"
#include "sidecar/stages/tiers.h"

namespace penstock::stages {

// Looks up the inputs of an embeddings batch one by one, after CacheStage found no answer: all
// known, and the request is answered; some, and only the others are asked for upstream, in a call
// that no other caller shares; none, and the call is made as it is. StoreStage keeps what was
// asked for, each input under its own key. A call for one input is CacheStage's, under that key.
class EmbeddingsStage final : public pipeline::CallerStage {
 public:
  EmbeddingsStage(Tiers tiers, const domain::KeyHasher& hasher);

  pipeline::Verdict on_request(request::CallerContext& caller) noexcept override;

 private:
  bool read_keys(const request::CallerContext& caller, request::EmbeddingPlan& plan);

  Tiers tiers_;
  const domain::KeyHasher& hasher_;
  dialect::EmbeddingsRequest request_;  // the current one
};

}  // namespace penstock::stages
