#include "lib/api/formats.h"

#include <algorithm>
#include <cstddef>

namespace penstock::api {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

// The name part of a label key, and a label value that is not empty.
bool is_qualified_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || one_of(c, "-_."); });
}

}  // namespace

bool is_dns_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view text) {
  if (text.size() > 253) {
    return false;
  }
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(dot + 1);
  }
}

// A key becomes a file name, so it must not be able to climb.
bool is_secret_key(std::string_view text) {
  return !text.empty() && text != "." && !text.starts_with("..") &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || one_of(c, "-_."); });
}

bool is_header_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || one_of(c, "!#$%&'*+-.^_`|~");
  });
}

bool is_label_key(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return is_qualified_name(text);
  }
  return is_dns_subdomain(text.substr(0, slash)) && is_qualified_name(text.substr(slash + 1));
}

bool is_label_value(std::string_view text) {
  return text.empty() || is_qualified_name(text);
}

bool is_model_pattern(std::string_view text) {
  const std::size_t star = text.find('*');
  return !text.empty() && (star == std::string_view::npos || star == text.size() - 1);
}

bool is_path_prefix(std::string_view text) {
  return text.starts_with('/') && text.find("..") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && !one_of(c, "?#"); });
}

bool is_object_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_dns_label(text.substr(0, slash)) &&
         is_dns_subdomain(text.substr(slash + 1));
}

bool is_flag(std::string_view text) {
  const std::size_t dashes = text.starts_with("--") ? 2 : 1;
  return text.starts_with('-') && text.size() > dashes && text.size() <= dashes + 62 &&
         is_alphanumeric(text[dashes]) && std::ranges::all_of(text.substr(dashes), [](char c) {
           return is_alphanumeric(c) || one_of(c, "-_.");
         });
}

bool is_variable(std::string_view text) {
  return !text.empty() && text.size() <= 128 && !is_digit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '_'; });
}

bool is_camel_case(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() >= 'A' && text.front() <= 'Z' &&
         std::ranges::all_of(text, is_alphanumeric);
}

bool is_group_version(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view group = slash == std::string_view::npos ? "" : text.substr(0, slash);
  const std::string_view version = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const auto fits = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  const auto in_group = [fits](char c) { return fits(c) || c == '-' || c == '.'; };
  const bool good_group =
      slash == std::string_view::npos ||
      (!group.empty() && group.size() <= 253 && std::ranges::all_of(group, in_group) &&
       fits(group.front()) && fits(group.back()));
  return good_group && version.size() >= 2 && version.size() <= 22 && version[0] == 'v' &&
         is_digit(version[1]) && std::ranges::all_of(version.substr(2), fits);
}

bool is_timestamp(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  return text.size() == kShape.size() && std::ranges::equal(text, kShape, [](char c, char shape) {
           return shape == '0' ? is_digit(c) : c == shape;
         });
}

bool is_time_of_day(std::string_view text) {
  constexpr std::string_view kShape = "00:00";
  const bool shaped =
      text.size() == kShape.size() && std::ranges::equal(text, kShape, [](char c, char shape) {
        return shape == '0' ? is_digit(c) : c == shape;
      });
  return shaped && text <= "24:00" && text[3] <= '5';
}

bool is_zone_name(std::string_view text) {
  constexpr int kPartsMax = 3;
  constexpr std::size_t kPartMax = 32;
  int parts = 0;
  while (++parts <= kPartsMax) {
    const std::size_t slash = text.find('/');
    const std::string_view part = text.substr(0, slash);
    const bool good =
        !part.empty() && part.size() <= kPartMax && std::ranges::all_of(part, [](char c) {
          return is_alphanumeric(c) || c == '_' || c == '+' || c == '-';
        });
    if (!good) {
      return false;
    }
    if (slash == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(slash + 1);
  }
  return false;
}

bool is_any(std::string_view /*text*/) {
  return true;
}

bool is_hex(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

}  // namespace penstock::api
