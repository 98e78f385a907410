#pragma once

#include <cstddef>
#include <string_view>

#include <simdjson.h>

#include "sidecar/dialect/request_facts.h"

namespace penstock::dialect {

// Reads a model call's body in one forward pass over its top level.
//
// `capacity`: bytes readable at body.data(), at least body.size() + simdjson::SIMDJSON_PADDING;
// with less the facts are not ok. `parser` is scratch of the calling thread; a body of more than 1
// MiB gets one of its own, so that one large request does not pin memory for good.
RequestFacts read_request(simdjson::ondemand::parser& parser, domain::Operation operation,
                          std::string_view body, std::size_t capacity);

}  // namespace penstock::dialect
