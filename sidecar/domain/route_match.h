#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "lib/resolve/resolved_policy.h"

namespace penstock::domain {

// Gives the value of a request header by its lower-case name; empty when it is absent.
using HeaderLookup = std::function<std::string_view(std::string_view)>;

// Whether `pattern` ("gpt-4o", "claude-*", "*") names `model`.
[[nodiscard]] bool matches_model(std::string_view pattern, std::string_view model);

// The index of the first route that matches; the last route of a resolved policy matches
// everything. REQUIRES: policy.routes is not empty.
[[nodiscard]] std::size_t match_route(const resolve::ResolvedPolicy& policy, std::string_view model,
                                      std::string_view path, const HeaderLookup& header);

}  // namespace penstock::domain
