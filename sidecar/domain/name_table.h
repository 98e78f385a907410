#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sidecar/domain/first_bytes.h"

namespace penstock::domain {

// A fixed set of names, looked up by their length and then by their first eight bytes as one
// number: most names that are not in it differ from all in it by these.
template <std::size_t N>
class NameTable {
 public:
  static constexpr std::size_t kLengthMax = 31;

  // No name is empty or longer than kLengthMax, which the compiler checks.
  consteval explicit NameTable(const std::array<std::string_view, N>& names) {
    std::size_t count = 0;
    for (std::size_t length = 0; length <= kLengthMax; ++length) {
      begins_[length] = static_cast<std::uint8_t>(count);
      for (std::size_t i = 0; i < N; ++i) {
        if (names[i].size() == length && length != 0) {
          names_[count] = names[i];
          firsts_[count] = first_bytes(names[i]);
          indexes_[count++] = static_cast<std::uint8_t>(i);
        }
      }
    }
    begins_[kLengthMax + 1] = static_cast<std::uint8_t>(count);
    if (count != N) {
      throw "a name of NameTable has no length in range";
    }
  }

  // The place of `name` in the list that the table was made of; N where it is not in it.
  [[nodiscard]] constexpr std::size_t find(std::string_view name) const {
    if (name.size() > kLengthMax) {
      return N;
    }
    std::size_t i = begins_[name.size()];
    const std::size_t end = begins_[name.size() + 1];
    if (i == end) {
      return N;
    }
    const std::uint64_t first = first_bytes(name);
    for (; i < end; ++i) {
      if (firsts_[i] == first && (name.size() <= 8 || names_[i].substr(8) == name.substr(8))) {
        return indexes_[i];
      }
    }
    return N;
  }
  [[nodiscard]] constexpr bool contains(std::string_view name) const { return find(name) != N; }

 private:
  std::array<std::string_view, N> names_{};            // by length
  std::array<std::uint64_t, N> firsts_{};              // the first bytes of each
  std::array<std::uint8_t, N> indexes_{};              // of each in the list
  std::array<std::uint8_t, kLengthMax + 2> begins_{};  // the first one of a length
};

template <std::size_t N>
NameTable(const std::array<std::string_view, N>&) -> NameTable<N>;

}  // namespace penstock::domain
