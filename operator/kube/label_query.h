#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "lib/api/label_selector.h"

namespace penstock::kube {

// A selector as queries and the status of a /scale write it: "app=llm,tier in (a, b),!canary".
// Nothing: it selects everything, is written otherwise, or is longer than kQueryBytesMax.
inline constexpr std::size_t kQueryBytesMax = 4'096;
std::optional<api::LabelSelector> parse_label_query(std::string_view text);

}  // namespace penstock::kube
