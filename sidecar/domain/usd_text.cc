#include "sidecar/domain/usd_text.h"

#include <array>
#include <charconv>

namespace penstock::domain {

void append_usd(std::string& out, std::int64_t picodollars) {
  constexpr std::uint64_t kPerDollar = 1'000'000'000'000;
  constexpr int kDecimals = 12;
  // Through the unsigned type, so that the smallest value has an absolute one too.
  auto amount = static_cast<std::uint64_t>(picodollars);
  if (picodollars < 0) {
    out += '-';
    amount = 0 - amount;
  }
  std::array<char, 24> dollars{};
  const auto written = std::to_chars(dollars.begin(), dollars.end(), amount / kPerDollar);
  out.append(dollars.begin(), written.ptr);

  std::uint64_t rest = amount % kPerDollar;
  if (rest == 0) {
    return;
  }
  std::array<char, kDecimals> decimals{};
  for (int i = kDecimals - 1; i >= 0; --i) {
    decimals[static_cast<std::size_t>(i)] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  std::size_t used = kDecimals;
  while (decimals[used - 1] == '0') {
    --used;
  }
  out += '.';
  out.append(decimals.data(), used);
}

}  // namespace penstock::domain
