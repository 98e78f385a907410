#pragma once

#include <optional>
#include <string_view>

namespace penstock::kube {

// A quantity of the API as a number: "250m", "1.5", "12345678n", "512Mi", "2e3". nullopt: it is
// none.
std::optional<double> quantity_of(std::string_view text);

}  // namespace penstock::kube
