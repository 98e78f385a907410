#include "sidecar/domain/traceparent.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace penstock::domain {
namespace {

constexpr std::size_t kLength = 55;  // 2 + 1 + 32 + 1 + 16 + 1 + 2
constexpr std::string_view kDigits = "0123456789abcdef";

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of(kDigits) == std::string_view::npos;
}

bool is_id(std::string_view text) {
  return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

void write_hex(std::span<char, 16> out, std::uint64_t value) {
  for (std::size_t i = 16; i > 0; --i) {
    out[i - 1] = kDigits[value & 0xFU];
    value >>= 4U;
  }
}

std::uint64_t not_zero(std::uint64_t value) {
  return value == 0 ? 1 : value;
}

}  // namespace

std::optional<TraceParent> parse_traceparent(std::string_view header) {
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-') {
    return std::nullopt;
  }
  const std::string_view version = header.substr(0, 2);
  const bool ends_right = header.size() == kLength || (version != "00" && header[kLength] == '-');
  const std::string_view trace = header.substr(3, 32);
  const std::string_view span = header.substr(36, 16);
  const std::string_view flags = header.substr(53, 2);
  if (!is_lower_hex(version) || version == "ff" || !ends_right || !is_id(trace) || !is_id(span) ||
      !is_lower_hex(flags)) {
    return std::nullopt;
  }
  TraceParent parent;
  std::ranges::copy(trace, parent.trace_id.begin());
  std::ranges::copy(span, parent.span_id.begin());
  parent.sampled = kDigits.find(flags[1]) % 2 == 1;
  return parent;
}

TraceParent continue_trace(std::string_view header, const TraceEntropy& entropy) {
  TraceParent parent;
  if (const std::optional<TraceParent> received = parse_traceparent(header)) {
    parent = *received;
  } else {
    const std::span<char, 32> trace(parent.trace_id);
    write_hex(trace.first<16>(), entropy.trace_high);
    write_hex(trace.last<16>(), not_zero(entropy.trace_low));
  }
  write_hex(parent.span_id, not_zero(entropy.span));
  return parent;
}

void append_traceparent(std::string& out, const TraceParent& parent) {
  out += "00-";
  out += parent.trace();
  out += '-';
  out += parent.span();
  out += parent.sampled ? "-01" : "-00";
}

}  // namespace penstock::domain
