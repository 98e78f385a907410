#pragma once

#include <string_view>

#include "sidecar/dialect/request_facts.h"
#include "sidecar/domain/json_tree.h"

namespace penstock::dialect {

// Reads a model call's body in one walk over its top level; what is within other members is run
// over without a look. Not ok: no UTF-8, or no JSON object, as far as the walk looked.
RequestFacts read_request(domain::Operation operation, std::string_view body);

// The same of a body that was read whole. REQUIRES: tree.parse(body) succeeded.
RequestFacts read_request(domain::Operation operation, const domain::JsonTree& tree);

}  // namespace penstock::dialect
