#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/app/active_policy.h"
#include "sidecar/domain/cache_key.h"
#include "sidecar/pipeline/chain.h"

namespace penstock::app {

// What stages are made from. References outlive the stages.
struct StageDeps {
  const ActivePolicy& active;
  const domain::KeyHasher& hasher;
  domain::Instant now;            // when the snapshot is made
  const std::string& tenant_key;  // secret of this process: tenants are named by a hash under it

  [[nodiscard]] const resolve::ResolvedPolicy& policy() const { return *active.policy; }
};

// The enabled stages of a policy, in order.
pipeline::CallerChain make_caller_chain(const StageDeps& deps);
pipeline::CallChain make_call_chain(const StageDeps& deps);

// Names in order, for documents and their test.
std::vector<std::string_view> caller_stage_names();
std::vector<std::string_view> call_stage_names();

}  // namespace penstock::app
