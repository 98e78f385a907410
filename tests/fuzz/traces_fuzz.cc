#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "operator/simulate/servegen.h"
#include "operator/simulate/tar.h"
#include "operator/simulate/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Trace files of any kind: what is read is in order and within bounds, and an archive's files lie
// inside of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::simulate;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto arrivals = read_trace(text); arrivals) {
    for (std::size_t i = 0; i < arrivals->size(); ++i) {
      const Arrival& arrival = (*arrivals)[i];
      if (arrival.input_tokens > kTokensMax || arrival.output_tokens > kTokensMax ||
          (i > 0 && arrival.at_us < (*arrivals)[i - 1].at_us)) {
        std::abort();
      }
    }
  }
  if (const auto files = read_tar(text); files) {
    for (const TarFile& file : *files) {
      if (file.content.data() < text.data() ||
          file.content.data() + file.content.size() > text.data() + text.size()) {
        std::abort();
      }
    }
  }
  static_cast<void>(read_client(text));
  return 0;
}
