#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// W3C Trace Context, Level 1: the traceparent header.
namespace penstock::domain {

struct TraceParent {
  std::array<char, 32> trace_id{};  // lower-case hex digits
  std::array<char, 16> span_id{};   // of whoever sends the header
  bool sampled = false;

  [[nodiscard]] std::string_view trace() const { return {trace_id.data(), trace_id.size()}; }
  [[nodiscard]] std::string_view span() const { return {span_id.data(), span_id.size()}; }
  bool operator==(const TraceParent&) const = default;
};

// Strict: lower-case hex, no zero ids, version ff refused, version 00 exactly 55 characters; of
// later versions the part that version 00 knows. Two headers are as good as none: the caller passes
// one.
[[nodiscard]] std::optional<TraceParent> parse_traceparent(std::string_view header);

// Fresh random bits for one request.
struct TraceEntropy {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;
};

// The parent to send upstream and to log: the client's trace with a span of our own, or a new,
// unsampled trace where `header` is not valid. Zero entropy is replaced, since zero ids are
// invalid.
[[nodiscard]] TraceParent continue_trace(std::string_view header, const TraceEntropy& entropy);

// Appends the 55 characters of the header, version 00.
void append_traceparent(std::string& out, const TraceParent& parent);

}  // namespace penstock::domain
