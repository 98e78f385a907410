#include "sidecar/domain/cache_control.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace penstock::domain {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kSecondsMax = 0x7fffffff;  // RFC 9111 §1.2.2: larger ones count as 2^31

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool equals(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, lower);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Where the directive that begins `list` ends: the next comma that is not inside quotes.
std::size_t directive_end(std::string_view list) {
  bool quoted = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (quoted && list[i] == '\\') {
      ++i;
    } else if (list[i] == '"') {
      quoted = !quoted;
    } else if (list[i] == ',' && !quoted) {
      return i;
    }
  }
  return list.size();
}

template <class Visit>
void each_directive(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t end = directive_end(list);
    const std::string_view directive = trimmed(list.substr(0, end));
    const std::size_t equals_at = std::min(directive.find('='), directive.size());
    const std::string_view name = trimmed(directive.substr(0, equals_at));
    std::string_view value = trimmed(directive.substr(std::min(equals_at + 1, directive.size())));
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
      value = value.substr(1, value.size() - 2);
    }
    visit(name, value);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

// RFC 9111 §4.2.1 encourages to take what cannot be read as already too old.
seconds read_seconds(std::string_view text) {
  const bool digits =
      !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits) {
    return seconds(0);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return seconds(error == std::errc() ? std::min(value, kSecondsMax) : kSecondsMax);
}

// Of two limits the stricter one holds.
void lower_limit(std::optional<seconds>& limit, seconds value) {
  limit = limit ? std::min(*limit, value) : value;
}

std::string_view outcome_text(CacheStatus::Outcome outcome) {
  switch (outcome) {
    case CacheStatus::Outcome::kHit: return "hit";
    case CacheStatus::Outcome::kMiss: return "fwd=uri-miss";
    case CacheStatus::Outcome::kRequest: return "fwd=request";
    case CacheStatus::Outcome::kStale: return "fwd=stale";
    case CacheStatus::Outcome::kPartialHit: return "fwd=partial";
    case CacheStatus::Outcome::kBypass: return "fwd=bypass";
  }
  return {};
}

}  // namespace

void RequestCacheControl::add(std::string_view field_value) {
  each_directive(field_value, [this](std::string_view name, std::string_view value) {
    if (equals(name, "no-store")) {
      no_store = true;
    } else if (equals(name, "no-cache")) {
      no_cache = true;
    } else if (equals(name, "only-if-cached")) {
      only_if_cached = true;
    } else if (equals(name, "max-age")) {
      lower_limit(max_age, read_seconds(value));
    }
  });
}

void ResponseCacheControl::add(std::string_view field_value) {
  std::optional<seconds> shared_age;
  std::optional<seconds> age;
  each_directive(field_value, [&](std::string_view name, std::string_view value) {
    if (equals(name, "no-store")) {
      no_store = true;
    } else if (equals(name, "private")) {
      is_private = true;
    } else if (equals(name, "no-cache")) {
      no_cache = true;
    } else if (equals(name, "s-maxage")) {
      lower_limit(shared_age, read_seconds(value));
    } else if (equals(name, "max-age")) {
      lower_limit(age, read_seconds(value));
    }
  });
  if (shared_age || age) {
    lower_limit(max_age, shared_age ? *shared_age : *age);
  }
}

bool ResponseCacheControl::forbids_storing(bool is_event_stream) const {
  return no_store || is_private || (no_cache && !is_event_stream);
}

void CacheStatus::append_to(std::string& out) const {
  out.append("Penstock; ").append(outcome_text(outcome));
  if (outcome == Outcome::kHit && ttl) {
    out.append("; ttl=").append(std::to_string(ttl->count()));
  }
  if (collapsed) {
    out.append("; collapsed");
  }
  if (outcome == Outcome::kBypass && bypass) {
    out.append("; detail=").append(label(*bypass));
  }
}

}  // namespace penstock::domain
