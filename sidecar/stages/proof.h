#pragma once

#include "sidecar/pipeline/stage.h"

namespace penstock::stages {

// In a pod: answers GET /.well-known/penstock/proof/NONCE with NONCE, 1 to 64 hexadecimal digits.
// By it the operator sees that what comes to the pod's port comes through here. The first of all
// stages: it is no client's request, so nobody counts it and no key is asked for.
class ProofStage final : public pipeline::CallerStage {
 public:
  pipeline::Verdict on_request(request::CallerContext& caller) noexcept override;
};

}  // namespace penstock::stages
