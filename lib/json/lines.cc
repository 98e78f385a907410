#include "lib/json/lines.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace penstock::json {
namespace {

constexpr std::size_t kNameMax = 64;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// The next step of a path, without its punctuation.
std::string_view take_step(std::string_view& path) {
  if (path.starts_with('[')) {
    const std::size_t end = std::min(path.find(']'), path.size());
    const std::string_view step = path.substr(1, end - 1);
    path.remove_prefix(std::min(end + 1, path.size()));
    return step;
  }
  if (path.starts_with('.')) {
    path.remove_prefix(1);
  }
  const std::size_t end = std::min(path.find_first_of(".["), path.size());
  const std::string_view step = path.substr(0, end);
  path.remove_prefix(end);
  return step;
}

const Lines* child(const Lines& lines, std::string_view step) {
  if (const auto member = lines.members.find(step); member != lines.members.end()) {
    return &member->second;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool is_index = error == std::errc() && end == step.data() + step.size();
  return is_index && index < lines.elements.size() ? &lines.elements[index] : nullptr;
}

}  // namespace

int Lines::find(std::string_view path) const {
  const Lines* at = this;
  int nearest = line;
  while (!path.empty()) {
    at = child(*at, take_step(path));
    if (at == nullptr) {
      break;
    }
    nearest = at->line;
  }
  return nearest;
}

void append_member(std::string& path, std::string_view name) {
  const bool plain =
      !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, is_plain);
  if (plain) {
    if (!path.empty()) {
      path += '.';
    }
    path += name;
    return;
  }
  path += '[';
  for (const char c : name.substr(0, kNameMax)) {
    const auto byte = static_cast<unsigned char>(c);
    path += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  path += name.size() > kNameMax ? "…]" : "]";
}

}  // namespace penstock::json
