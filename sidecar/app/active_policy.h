#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/tls.h"
#include "lib/resolve/resolved_policy.h"
#include "sidecar/app/tier_set.h"
#include "sidecar/domain/price_table.h"
#include "sidecar/http/origin.h"
#include "sidecar/request/known_models.h"
#include "sidecar/stages/backend_board.h"
#include "sidecar/stages/cache.h"

namespace penstock::app {

// A resolved policy with what its names stand for outside the documents: certificates, credentials,
// connections' origins. Immutable; shared by the workers, each of which makes its own snapshot from
// it.
struct ActivePolicy {
  std::shared_ptr<const resolve::ResolvedPolicy> policy;
  std::vector<http::Upstream> upstreams;
  std::shared_ptr<stages::BackendBoard> backend_board;
  std::shared_ptr<const net::TlsContext> listener_tls;
  std::vector<std::string> client_keys;
  stages::Tiers tiers;
  std::shared_ptr<const request::KnownModels> models;
  std::shared_ptr<const domain::PriceTable> prices;
  std::vector<std::string> warnings;  // of imported price files
};

// Reads Secrets and loads certificates. kInvalidConfig names the Secret and key that are missing,
// never a value.
Result<std::shared_ptr<const ActivePolicy>> activate(resolve::ResolvedPolicy policy,
                                                     const std::string& secrets_dir,
                                                     http::OriginTable& origins, TierSet& tiers);

}  // namespace penstock::app
