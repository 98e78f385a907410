#pragma once

#include <cstdint>
#include <string>

namespace penstock::domain {

// Appends an amount in picodollars (1e-12 USD) as the shortest exact decimal: 1'500'000 ->
// "0.0000015".
void append_usd(std::string& out, std::int64_t picodollars);

}  // namespace penstock::domain
