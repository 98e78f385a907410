#include "sidecar/dialect/json_output.h"

namespace penstock::dialect {

void append_json(std::string& out, std::string_view raw) {
  for (;;) {
    const auto line = raw.find_first_of("\r\n");
    out += raw.substr(0, line);
    if (line == std::string_view::npos) {
      return;
    }
    raw.remove_prefix(line + 1);
  }
}

void append_member(std::string& out, std::string_view key, std::string_view raw) {
  out.append(",\"").append(key).append("\":");
  append_json(out, raw);
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 0x0F];
    } else {
      out += c;
    }
  }
}

}  // namespace penstock::dialect
