#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// The numbers that the events of a Responses stream bear.
namespace penstock::dialect {

// The number of the event that follows one with this `sequence_number`, as it is spelled; nullopt:
// that is none.
std::optional<std::int64_t> number_after(std::string_view sequence_number);

}  // namespace penstock::dialect
