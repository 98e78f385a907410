#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/signals/report_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// What is read as a report is one: written again it is the same, and its histograms add up.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = penstock::signals::read_report(text);
  if (!read) {
    return 0;
  }
  const auto again = penstock::signals::read_report(penstock::signals::to_json(*read));
  if (!again || *again != *read) {
    std::abort();
  }
  penstock::signals::LatencyHistogram sum = read->time_to_first_token;
  sum.merge(penstock::signals::LatencyHistogram());
  if (sum != read->time_to_first_token) {
    std::abort();
  }
  return 0;
}
