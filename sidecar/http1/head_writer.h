#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// Pieces of a message head, appended to a string that the caller reserves once.
namespace penstock::http1 {

inline constexpr std::string_view kLineEnd = "\r\n";

// The usual phrase of a status ("Too Many Requests"); empty for one without.
std::string_view status_reason(int status);

// "GET /x HTTP/1.1" and line end. REQUIRES: a token, and a target without spaces or control bytes.
void append_request_line(std::string& out, std::string_view method, std::string_view target);

// "HTTP/1.1 200 OK" and line end; status_reason() where `reason` is empty. REQUIRES: 100 <= status
// <= 999.
void append_status_line(std::string& out, int status, std::string_view reason = {});

// "name: value" and line end. A byte that no field value may hold (a line end out of a configured
// secret, say) is written as a space, so nothing can break out of its line. REQUIRES: `name` is a
// token.
void append_field(std::string& out, std::string_view name, std::string_view value);
void append_field(std::string& out, std::string_view name, std::uint64_t value);

void append_number(std::string& out, std::uint64_t value);

// The line in front of a chunk ("5dc" and line end), without allocation: put it, the payload and
// kLineEnd into one gathered write.
class ChunkSizeLine {
 public:
  // REQUIRES: size > 0; a chunk of 0 bytes would end the body.
  explicit ChunkSizeLine(std::uint64_t size);
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 18> text_{};
  std::size_t size_ = 0;
};

// A whole chunk, for small pieces. Nothing for an empty payload.
void append_chunk(std::string& out, std::string_view payload);

// The end of a chunked body. `trailers` are lines as ChunkScanner::trailers() gives them.
void append_last_chunk(std::string& out, std::string_view trailers = {});

}  // namespace penstock::http1
