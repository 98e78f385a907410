#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::domain {

// A fixed set of names, looked up by their length first: most names that are not in it differ from
// all in it by that, and the rest are compared with one or two.
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
    for (std::size_t i = begins_[name.size()]; i < begins_[name.size() + 1]; ++i) {
      if (std::equal(name.begin(), name.end(), names_[i].begin())) {
        return indexes_[i];
      }
    }
    return N;
  }
  [[nodiscard]] constexpr bool contains(std::string_view name) const { return find(name) != N; }

 private:
  std::array<std::string_view, N> names_{};            // by length
  std::array<std::uint8_t, N> indexes_{};              // of each in the list
  std::array<std::uint8_t, kLengthMax + 2> begins_{};  // the first one of a length
};

template <std::size_t N>
NameTable(const std::array<std::string_view, N>&) -> NameTable<N>;

}  // namespace penstock::domain
