#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "deploy/demo/model/request.h"

namespace penstock::demo::model {

// The parts of reading a request that know JSON schemas and tools. Only request.cc includes this.

// A hash that neither the order of an object's members nor the spelling of numbers and text
// changes.
[[nodiscard]] std::uint64_t hash(std::string_view text);
[[nodiscard]] std::uint64_t hash(const simdjson::dom::element& value);

// A member that is text, or an empty view.
[[nodiscard]] std::string_view text(const simdjson::dom::object& body, std::string_view key);

// Appends an instance of a JSON schema, as far as tools and structured outputs use schemas.
void append_instance(const simdjson::dom::element& schema, std::uint64_t seed, std::string& out);

// Decides which tools the answer calls (at most two), and with which arguments. REQUIRES: out.seed
// is set.
void read_tools(const simdjson::dom::object& body, ModelRequest& out);

}  // namespace penstock::demo::model
