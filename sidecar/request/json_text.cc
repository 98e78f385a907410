#include "sidecar/request/json_text.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace penstock::request {
namespace {

bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

// Length of the valid UTF-8 character that `text` starts with; 0 when it is none (RFC 3629, table
// 3-7 of Unicode).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  std::size_t length = 0;
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    second_min = lead == 0xE0 ? 0xA0 : second_min;  // no overlong forms
    second_max = lead == 0xED ? 0x9F : second_max;  // no surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    second_min = lead == 0xF0 ? 0x90 : second_min;
    second_max = lead == 0xF4 ? 0x8F : second_max;
  }
  if (length == 0 || text.size() < length || byte(1) < second_min || byte(1) > second_max) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  return length;
}

void append_ascii_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (byte) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xFU];
  }
}

char* write_two_digits(char* at, unsigned value) {
  *at++ = static_cast<char>('0' + value / 10);
  *at++ = static_cast<char>('0' + value % 10);
  return at;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(static_cast<unsigned char>(text[plain]))) {
      ++plain;
    }
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t taken = 1;
    if (byte < 0x80) {
      append_ascii_escape(out, byte);
    } else if (const std::size_t length = utf8_length(text); length > 0) {
      out += text.substr(0, length);
      taken = length;
    } else {
      out += "\\ufffd";
    }
    text.remove_prefix(taken);
  }
  out += '"';
}

char* write_time(char* at, std::chrono::system_clock::time_point time) {
  using std::chrono::floor;
  const auto micros = floor<std::chrono::microseconds>(time);
  const auto day = floor<std::chrono::days>(micros);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(micros - day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  at = write_two_digits(write_two_digits(at, year / 100), year % 100);
  *at++ = '-';
  at = write_two_digits(at, static_cast<unsigned>(date.month()));
  *at++ = '-';
  at = write_two_digits(at, static_cast<unsigned>(date.day()));
  *at++ = 'T';
  at = write_two_digits(at, static_cast<unsigned>(clock.hours().count()));
  *at++ = ':';
  at = write_two_digits(at, static_cast<unsigned>(clock.minutes().count()));
  *at++ = ':';
  at = write_two_digits(at, static_cast<unsigned>(clock.seconds().count()));
  *at++ = '.';
  const auto fraction = static_cast<unsigned>(clock.subseconds().count());
  at = write_two_digits(at, fraction / 10'000);
  at = write_two_digits(at, fraction / 100 % 100);
  at = write_two_digits(at, fraction % 100);
  *at++ = 'Z';
  return at;
}

void append_time(std::string& out, std::chrono::system_clock::time_point time) {
  std::array<char, kTimeBytes> text{};
  static_cast<void>(write_time(text.data(), time));
  out.append(text.data(), text.size());
}

}  // namespace penstock::request
