#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sidecar/domain/engine_metrics.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

bool is_count(const std::optional<std::int64_t>& reading) {
  return !reading || *reading >= 0;
}

}  // namespace

// Whatever an engine says, a reading is something that can be counted with, or it is not there; and
// comments around the page change nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  const auto load = penstock::domain::read_engine_metrics(page);
  if (load) {
    const double usage = load->kv_usage.value_or(0);
    if (load->name.empty() || !(usage >= 0 && usage <= 1) || !is_count(load->running) ||
        !is_count(load->waiting) || !is_count(load->preemptions) ||
        !is_count(load->kv_capacity_tokens)) {
      std::abort();
    }
  }
  if (penstock::domain::read_engine_metrics("# HELP a b\n" + std::string(page) + "\n# EOF\n") !=
      load) {
    std::abort();
  }
  return 0;
}
