#include "sidecar/http1/head_parser.h"

#include <algorithm>
#include <cstring>

#include "sidecar/http1/byte_scan.h"
#include "sidecar/http1/field_lines.h"
#include "sidecar/http1/field_syntax.h"
#include "sidecar/http1/message_rules.h"

namespace penstock::http1 {
namespace {

constexpr std::string_view kVersionPrefix = "HTTP/";
constexpr std::size_t kVersionSize = 8;  // HTTP/1.1
constexpr std::string_view kHttp2Line = "PRI * HTTP/2.0\r\n";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

HeadResult failed(const Fault& fault) {
  return {HeadResult::kError, 0, fault.code, fault.reason};
}

// Reads "HTTP/x.y" at the reader's position, with the line's remaining bytes behind it.
Progress take_version(LineReader& in, int& minor_version) {
  const auto available = static_cast<std::size_t>(in.end - in.position);
  const std::string_view text(in.position, std::min(available, kVersionSize));
  if (text.size() < kVersionSize || !text.starts_with(kVersionPrefix) || !is_digit(text[5]) ||
      text[6] != '.' || !is_digit(text[7])) {
    return in.refuse("malformed HTTP version");
  }
  if (text[5] != '1' || text[7] > '1') {
    return in.refuse("HTTP version not supported", ErrorCode::kVersionNotSupported);
  }
  minor_version = text[7] - '0';
  in.position += kVersionSize;
  return Progress::kDone;
}

// scheme "://" authority path-and-query, schemes http and https only.
bool split_absolute(RequestHead& head) {
  const auto colon = head.target.find("://");
  const std::string_view scheme = head.target.substr(0, colon);
  if (colon == std::string_view::npos ||
      (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https"))) {
    return false;
  }
  const std::string_view rest = head.target.substr(colon + 3);
  const auto slash = std::min(rest.find_first_of("/?"), rest.size());
  head.target_form = TargetForm::kAbsolute;
  head.host = rest.substr(0, slash);
  head.path = rest.substr(slash);
  return is_authority(head.host);
}

Progress read_target(LineReader& in, const HeadLimits& limits, RequestHead& head) {
  if (head.target.size() > limits.target_bytes_max) {
    return in.refuse("target too long", ErrorCode::kTargetTooLong);
  }
  if (head.method == "CONNECT") {
    return in.refuse("CONNECT is not served", ErrorCode::kNotImplemented);
  }
  if (head.target.front() == '/') {
    head.path = head.target;
    return Progress::kDone;
  }
  if (head.target == "*" && head.method == "OPTIONS") {
    head.target_form = TargetForm::kAsterisk;
    head.path = head.target;
    return Progress::kDone;
  }
  return split_absolute(head) ? Progress::kDone : in.refuse("malformed target");
}

// The line's bytes are consumed only as a whole, so that refuse() always looks at the line's own
// line feed.
Progress take_request_line(LineReader& in, const HeadLimits& limits, RequestHead& head) {
  LineReader line = in;
  const auto stop = [&in, &line](Progress p) {
    in.fault = line.fault;
    return p;
  };
  const char* const method_end = skip_token(line.position, line.end);
  if (method_end == line.end) {
    return Progress::kNeedMore;
  }
  if (*method_end != ' ' || method_end == line.position) {
    return stop(line.refuse("malformed method"));
  }
  head.method = {line.position, static_cast<std::size_t>(method_end - line.position)};
  const char* const target = method_end + 1;
  const char* const target_end = skip_target(target, line.end);
  if (target_end == line.end) {
    return Progress::kNeedMore;
  }
  line.position = target_end;
  if (*target_end != ' ' || target_end == target) {
    return stop(line.refuse("malformed request line"));
  }
  head.target = {target, static_cast<std::size_t>(target_end - target)};
  ++line.position;
  if (const Progress p = take_version(line, head.minor_version); p != Progress::kDone) {
    return stop(p);
  }
  LineReader after = line;
  if (const Progress p = after.take_line_end("bytes after the HTTP version");
      p != Progress::kDone) {
    in.fault = after.fault;
    return p;
  }
  if (const Progress p = read_target(line, limits, head); p != Progress::kDone) {
    return stop(p);
  }
  in.position = after.position;
  return Progress::kDone;
}

Progress take_status_line(LineReader& in, ResponseHead& head) {
  if (const Progress p = take_version(in, head.minor_version); p != Progress::kDone) {
    return p;
  }
  const char* p = in.position;
  if (in.end - p < 4 || p[0] != ' ' || p[1] < '1' || p[1] > '9' || !is_digit(p[2]) ||
      !is_digit(p[3])) {
    return in.refuse("malformed status");
  }
  head.status = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
  in.position += 4;
  if (in.position != in.end && *in.position == ' ') {
    const char* const reason = in.position + 1;
    in.position = skip_field_value(reason, in.end);
    head.reason = {reason, static_cast<std::size_t>(in.position - reason)};
  }
  return in.take_line_end("malformed reason phrase");
}

// The part of the input that a head may take up, and whether a new line has come to judge.
struct Window {
  std::string_view bytes;
  bool full;  // no more bytes will be looked at
  bool idle;  // nothing to do: the new bytes end no line
};

Window window_of(std::string_view bytes, const HeadLimits& limits, std::size_t already_scanned) {
  Window window{bytes.substr(0, limits.head_bytes_max), bytes.size() >= limits.head_bytes_max,
                false};
  if (already_scanned != 0 && !window.full) {
    window.idle = window.bytes.find('\n', already_scanned) == std::string_view::npos;
  }
  return window;
}

HeadResult incomplete(const Window& window, bool start_line_done, bool is_request) {
  if (!window.full) {
    return {};
  }
  if (is_request && !start_line_done) {
    return failed({ErrorCode::kTargetTooLong, "request line too long"});
  }
  return failed({ErrorCode::kHeadTooLarge, "head too large"});
}

// "PRI * HTTP/2.0" is a request line of version 2.0 unless an empty line follows (RFC 9113 §3.4).
Progress check_http2(std::string_view bytes) {
  const std::string_view rest = bytes.substr(kHttp2Line.size());
  if (rest.starts_with("\r\n")) {
    return Progress::kDone;
  }
  return rest.find('\n') == std::string_view::npos ? Progress::kNeedMore : Progress::kError;
}

}  // namespace

HeadResult parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& out,
                              std::size_t already_scanned) {
  out.clear();
  const Window window = window_of(bytes, limits, already_scanned);
  if (window.idle || window.bytes.empty()) {
    return {};
  }
  if (const char first = window.bytes.front(); !is_token_byte(first) && first != '\r') {
    return failed({ErrorCode::kInvalidRequest, "not an HTTP request"});
  }
  if (window.bytes.starts_with(kHttp2Line)) {
    const Progress p = check_http2(window.bytes);
    if (p == Progress::kDone) {
      return {.state = HeadResult::kHttp2Preface};
    }
    return p == Progress::kNeedMore
               ? incomplete(window, true, true)
               : failed({ErrorCode::kVersionNotSupported, "HTTP version not supported"});
  }
  LineReader in{window.bytes.data(), window.bytes.data() + window.bytes.size(), {}};
  Progress progress = Progress::kDone;
  if (*in.position == '\r') {
    progress = in.take_line_end("carriage return without line feed");
  }
  if (progress == Progress::kDone) {
    progress = take_request_line(in, limits, out);
  }
  const bool start_line_done = progress == Progress::kDone;
  if (start_line_done) {
    progress = in.take_fields(limits.header_lines_max, out);
  }
  if (progress == Progress::kNeedMore) {
    return incomplete(window, start_line_done, true);
  }
  if (progress == Progress::kError) {
    return failed(in.fault);
  }
  if (const auto fault = interpret_request(out)) {
    return failed(*fault);
  }
  return {HeadResult::kDone, static_cast<std::size_t>(in.position - bytes.data()), {}, {}};
}

HeadResult parse_response_head(std::string_view bytes, const HeadLimits& limits,
                               bool request_was_head, ResponseHead& out,
                               std::size_t already_scanned) {
  out.clear();
  const Window window = window_of(bytes, limits, already_scanned);
  const auto known = std::min(window.bytes.size(), kVersionPrefix.size());
  if (window.bytes.substr(0, known) != kVersionPrefix.substr(0, known)) {
    return failed({ErrorCode::kUpstreamFailed, "not an HTTP response"});
  }
  if (window.idle) {
    return {};
  }
  LineReader in{window.bytes.data(), window.bytes.data() + window.bytes.size(), {}};
  Progress progress = take_status_line(in, out);
  const bool start_line_done = progress == Progress::kDone;
  if (start_line_done) {
    progress = in.take_fields(limits.header_lines_max, out);
  }
  if (progress == Progress::kNeedMore) {
    HeadResult result = incomplete(window, start_line_done, false);
    result.error = ErrorCode::kUpstreamFailed;
    return result;
  }
  if (progress == Progress::kError) {
    return failed({ErrorCode::kUpstreamFailed, in.fault.reason});
  }
  if (const auto fault = interpret_response(out, request_was_head)) {
    return failed(*fault);
  }
  return {HeadResult::kDone, static_cast<std::size_t>(in.position - bytes.data()), {}, {}};
}

}  // namespace penstock::http1
