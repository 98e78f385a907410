#include "sidecar/http1/head_writer.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "sidecar/http1/byte_scan.h"

namespace penstock::http1 {
namespace {

struct Status {
  int code;
  std::string_view reason;
};

// IANA's registry of status codes, in order of code.
constexpr std::array kStatuses = {
    Status{100, "Continue"},
    Status{101, "Switching Protocols"},
    Status{102, "Processing"},
    Status{103, "Early Hints"},
    Status{200, "OK"},
    Status{201, "Created"},
    Status{202, "Accepted"},
    Status{203, "Non-Authoritative Information"},
    Status{204, "No Content"},
    Status{205, "Reset Content"},
    Status{206, "Partial Content"},
    Status{207, "Multi-Status"},
    Status{300, "Multiple Choices"},
    Status{301, "Moved Permanently"},
    Status{302, "Found"},
    Status{303, "See Other"},
    Status{304, "Not Modified"},
    Status{307, "Temporary Redirect"},
    Status{308, "Permanent Redirect"},
    Status{400, "Bad Request"},
    Status{401, "Unauthorized"},
    Status{402, "Payment Required"},
    Status{403, "Forbidden"},
    Status{404, "Not Found"},
    Status{405, "Method Not Allowed"},
    Status{406, "Not Acceptable"},
    Status{407, "Proxy Authentication Required"},
    Status{408, "Request Timeout"},
    Status{409, "Conflict"},
    Status{410, "Gone"},
    Status{411, "Length Required"},
    Status{412, "Precondition Failed"},
    Status{413, "Content Too Large"},
    Status{414, "URI Too Long"},
    Status{415, "Unsupported Media Type"},
    Status{416, "Range Not Satisfiable"},
    Status{417, "Expectation Failed"},
    Status{421, "Misdirected Request"},
    Status{422, "Unprocessable Content"},
    Status{424, "Failed Dependency"},
    Status{425, "Too Early"},
    Status{426, "Upgrade Required"},
    Status{428, "Precondition Required"},
    Status{429, "Too Many Requests"},
    Status{431, "Request Header Fields Too Large"},
    Status{451, "Unavailable For Legal Reasons"},
    Status{500, "Internal Server Error"},
    Status{501, "Not Implemented"},
    Status{502, "Bad Gateway"},
    Status{503, "Service Unavailable"},
    Status{504, "Gateway Timeout"},
    Status{505, "HTTP Version Not Supported"},
    Status{507, "Insufficient Storage"},
    Status{511, "Network Authentication Required"},
};
static_assert(std::is_sorted(kStatuses.begin(), kStatuses.end(),
                             [](const Status& a, const Status& b) { return a.code < b.code; }));

char* write(char* at, std::string_view text) {
  return std::copy_n(text.data(), text.size(), at);
}

// With a blank for each byte that no value may hold.
char* write_value(char* at, std::string_view value) {
  char* const end = write(at, value);
  for (const char* p = skip_field_value(at, end); p != end; p = skip_field_value(p + 1, end)) {
    at[p - at] = ' ';
  }
  return end;
}

// `write_into(at)` writes what takes `size` bytes at most and returns its end.
template <class WriteInto>
void append_at_once(std::string& out, std::size_t size, WriteInto write_into) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + size, [&](char* text, std::size_t /*room*/) {
    return static_cast<std::size_t>(write_into(text + before) - text);
  });
}

}  // namespace

std::string_view status_reason(int status) {
  const auto* const row = std::lower_bound(kStatuses.begin(), kStatuses.end(), status,
                                           [](const Status& s, int code) { return s.code < code; });
  return row != kStatuses.end() && row->code == status ? row->reason : std::string_view{};
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end);
}

void append_request_line(std::string& out, std::string_view method, std::string_view target) {
  out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
}

void append_status_line(std::string& out, int status, std::string_view reason) {
  constexpr std::size_t kBesidesReason = 40;
  const std::string_view phrase = reason.empty() ? status_reason(status) : reason;
  append_at_once(out, phrase.size() + kBesidesReason, [&](char* at) {
    at = write(at, "HTTP/1.1 ");
    at = std::to_chars(at, at + 11, status).ptr;
    *at++ = ' ';  // stands even before an empty phrase (RFC 9112 §4)
    return write(write_value(at, phrase), kLineEnd);
  });
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_at_once(out, name.size() + value.size() + 4, [&](char* at) {
    return write(write_value(write(write(at, name), ": "), value), kLineEnd);
  });
}

void append_field(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(name).append(": ");
  append_number(out, value);
  out.append(kLineEnd);
}

ChunkSizeLine::ChunkSizeLine(std::uint64_t size) {
  constexpr int kHex = 16;
  char* const end = std::to_chars(text_.data(), text_.data() + kHex, size, kHex).ptr;
  end[0] = '\r';
  end[1] = '\n';
  size_ = static_cast<std::size_t>(end - text_.data()) + kLineEnd.size();
}

void append_chunk(std::string& out, std::string_view payload) {
  if (!payload.empty()) {
    out.append(ChunkSizeLine(payload.size()).view()).append(payload).append(kLineEnd);
  }
}

void append_last_chunk(std::string& out, std::string_view trailers) {
  out.append("0\r\n").append(trailers).append(kLineEnd);
}

}  // namespace penstock::http1
