#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "operator/autoscale/decision_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// What is read as a decision can be written and made again, whatever its numbers are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using penstock::autoscale::read_line;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = read_line(text);
  if (!read) {
    return 0;
  }
  const auto again = read_line(penstock::autoscale::write_line(*read));
  if (!again || *again != *read) {
    std::abort();
  }
  penstock::autoscale::replay(*read);
  return 0;
}
