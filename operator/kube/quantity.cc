#include "operator/kube/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace penstock::kube {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 16> kSuffixes = {{
    {"", 1.0},
    {"n", 1e-9},
    {"u", 1e-6},
    {"m", 1e-3},
    {"k", 1e3},
    {"M", 1e6},
    {"G", 1e9},
    {"T", 1e12},
    {"P", 1e15},
    {"E", 1e18},
    {"Ki", 0x1p10},
    {"Mi", 0x1p20},
    {"Gi", 0x1p30},
    {"Ti", 0x1p40},
    {"Pi", 0x1p50},
    {"Ei", 0x1p60},
}};

}  // namespace

std::optional<double> quantity_of(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  // "2E" is two of the largest unit, "2E3" two thousand: only a whole exponent is one.
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || !std::isfinite(number)) {
    return std::nullopt;
  }
  const std::string_view suffix(read.ptr, static_cast<std::size_t>(end - read.ptr));
  for (const auto& [name, factor] : kSuffixes) {
    if (name == suffix) {
      return number * factor;
    }
  }
  return std::nullopt;
}

}  // namespace penstock::kube
