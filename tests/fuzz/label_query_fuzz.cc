#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "operator/kube/label_query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Whatever a custom resource calls its selector: what is taken for one has conditions with keys.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto selector = penstock::kube::parse_label_query(text);
  if (!selector) {
    return 0;
  }
  if (selector->match_expressions.empty()) {
    std::abort();
  }
  for (const auto& expression : selector->match_expressions) {
    if (expression.key.empty()) {
      std::abort();
    }
  }
  return 0;
}
