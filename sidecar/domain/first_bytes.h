#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace penstock::domain {

namespace first_bytes_detail {

template <class Word>
std::uint64_t load(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

}  // namespace first_bytes_detail

// The first eight bytes of a text as a number, the first one lowest, zeros behind a shorter text.
// Texts of one length are apart where these are; up to eight bytes, equal where these are.
constexpr std::uint64_t first_bytes(std::string_view text) {
  using first_bytes_detail::load;
  const std::size_t size = text.size();
  if (std::is_constant_evaluated() || std::endian::native != std::endian::little) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size && i < 8; ++i) {
      number |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    }
    return number;
  }
  const char* const at = text.data();
  if (size >= 8) {
    return load<std::uint64_t>(at);
  }
  // Two loads that may overlap: what both have read is the same, and stays so by `or`.
  if (size >= 4) {
    return load<std::uint32_t>(at) | load<std::uint32_t>(at + size - 4) << (8 * (size - 4));
  }
  if (size >= 2) {
    return load<std::uint16_t>(at) | load<std::uint16_t>(at + size - 2) << (8 * (size - 2));
  }
  return size == 1 ? load<std::uint8_t>(at) : 0;
}

}  // namespace penstock::domain
