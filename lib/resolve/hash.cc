#include "lib/resolve/hash.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <xxhash.h>

namespace penstock::resolve {

std::string content_hash(std::vector<std::string> documents) {
  std::ranges::sort(documents);
  std::string joined;
  for (const std::string& document : documents) {
    // The length keeps two documents from being read as one.
    joined.append(std::to_string(document.size())).append(":").append(document);
  }
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits(joined.data(), joined.size()));
  static constexpr std::array<char, 17> kHex = {"0123456789abcdef"};
  std::string hex;
  for (const std::uint8_t byte : bytes.digest) {
    hex += kHex[byte >> 4U];
    hex += kHex[byte & 15U];
  }
  return hex;
}

}  // namespace penstock::resolve
