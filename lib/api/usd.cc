#include "lib/api/usd.h"

#include <algorithm>

namespace penstock::api {
namespace {

constexpr std::size_t kDigitsMax = 6;  // on either side of the point
constexpr std::int64_t kPicodollarsPerMicrodollar = 1'000'000;

bool are_digits(std::string_view text) {
  return !text.empty() && text.size() <= kDigitsMax &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_usd(std::string_view text) {
  const std::size_t point = text.find('.');
  return are_digits(text.substr(0, point)) &&
         (point == std::string_view::npos || are_digits(text.substr(point + 1)));
}

std::int64_t picodollars_of(std::string_view text) {
  const std::size_t point = text.find('.');
  std::int64_t microdollars = 0;
  const auto add = [&microdollars](char digit) {
    microdollars = microdollars * 10 + (digit - '0');
  };
  std::ranges::for_each(text.substr(0, point), add);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  std::ranges::for_each(fraction, add);
  for (std::size_t i = fraction.size(); i < kDigitsMax; ++i) {
    microdollars *= 10;
  }
  return microdollars * kPicodollarsPerMicrodollar;
}

}  // namespace penstock::api
