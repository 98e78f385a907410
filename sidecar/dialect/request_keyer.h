#pragma once

#include <optional>
#include <string_view>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/dialect/embeddings.h"
#include "sidecar/dialect/request_facts.h"
#include "sidecar/domain/bypass_reason.h"
#include "sidecar/domain/canonical_form.h"
#include "sidecar/domain/endpoint.h"
#include "sidecar/domain/json_tree.h"

namespace penstock::dialect {

// From a request body to what its cache key is made of, or why it has none: one parse serves the
// rules of cacheability.h, the canonical form and what else is read of the request.
//
// An embeddings call for one input has the key of that input (EmbeddingsRequest::key_of), so that
// batches and calls for one share their entries.
//
// Threads: not safe; one per worker, reused. A usual request allocates nothing.
class RequestKeyer {
 public:
  struct KeyedRequest {
    std::optional<domain::BypassReason> refused;
    std::string_view canonical;         // until the next key(); empty where refused
    std::optional<RequestFacts> facts;  // nullopt: the body is no JSON
  };

  KeyedRequest key(domain::Operation operation, std::string_view body,
                   resolve::SampledRequests sampled = resolve::SampledRequests::kCache);

 private:
  domain::JsonTree tree_;
  domain::CanonicalForm form_;
  EmbeddingsRequest embeddings_;
};

}  // namespace penstock::dialect
