#include "sidecar/dialect/sequence_numbers.h"

#include <charconv>
#include <limits>

namespace penstock::dialect {

std::optional<std::int64_t> number_after(std::string_view sequence_number) {
  std::int64_t number = 0;
  const char* const end = sequence_number.data() + sequence_number.size();
  const auto [read, error] = std::from_chars(sequence_number.data(), end, number);
  if (error != std::errc() || read != end || number < 0 ||
      number == std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  return number + 1;
}

}  // namespace penstock::dialect
