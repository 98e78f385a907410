#include "lib/json/near_name.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "lib/json/ascii.h"

namespace penstock::json {
namespace {

constexpr std::size_t kNameMax =
    64;  // longer names are not typing errors, and the cost is quadratic

// Levenshtein's distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.empty() || name.size() > kNameMax) {
    return {};
  }
  const std::string wanted = lower_ascii(name);
  // The first distance that is too far: of a short name little may differ, of one letter nothing.
  std::size_t best = std::min<std::size_t>(name.size() <= 4 ? 2 : 3, name.size());
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    const std::size_t edits = distance(wanted, lower_ascii(candidate));
    if (edits < best) {
      best = edits;
      found = candidate;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view found = nearest(name, candidates);
  return found.empty() ? std::string() : "; did you mean \"" + std::string(found) + "\"?";
}

}  // namespace penstock::json
