#include "sidecar/domain/json_string.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sidecar/domain/byte_scan.h"

namespace penstock::domain {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

// What `\c` stands for, or 0 where there is no such escape.
char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

// The four digits of a \\u escape; negative where they are not.
std::int32_t hex4(const char*& at, const char* end) {
  if (end - at < 4) {
    return -1;
  }
  std::int32_t code = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(*at++);
    if (digit < 0) {
      return -1;
    }
    code = code * 16 + digit;
  }
  return code;
}

bool in_range(std::int32_t code, std::int32_t low, std::int32_t high) {
  return code >= low && code <= high;
}

// `at` stands behind the `u`.
std::optional<BypassReason> unicode_escape(const char*& at, const char* end, std::string& out) {
  std::int32_t code = hex4(at, end);
  if (code < 0) {
    return BypassReason::kUnparsable;
  }
  if (in_range(code, 0xdc00, 0xdfff)) {
    return BypassReason::kLoneSurrogate;
  }
  if (in_range(code, 0xd800, 0xdbff)) {
    if (!std::string_view(at, end).starts_with("\\u")) {
      return BypassReason::kLoneSurrogate;
    }
    at += 2;
    const std::int32_t low = hex4(at, end);
    if (!in_range(low, 0xdc00, 0xdfff)) {
      return low < 0 ? BypassReason::kUnparsable : BypassReason::kLoneSurrogate;
    }
    code = 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
  }
  append_utf8(out, static_cast<std::uint32_t>(code));
  return std::nullopt;
}

}  // namespace

std::optional<BypassReason> unescape_json_string(const char* run, const char*& at, const char* end,
                                                 std::string& out) {
  while (at != end) {
    out.append(run, at);
    if (*at == '"') {
      return std::nullopt;
    }
    const bool escape = *at == '\\';
    ++at;
    if (!escape || at == end) {
      return BypassReason::kUnparsable;  // a control byte, or the end
    }
    if (*at == 'u') {
      ++at;
      if (const auto fault = unicode_escape(at, end, out)) {
        return fault;
      }
    } else {
      const char c = simple_escape(*at);
      if (c == 0) {
        return BypassReason::kUnparsable;
      }
      out.push_back(c);
      ++at;
    }
    run = at;
    at = find_json_string_stop(at, end);
  }
  return BypassReason::kUnparsable;
}

}  // namespace penstock::domain
