#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/result/result.h"

namespace penstock::http1 {

struct ChunkLimits {
  std::uint32_t size_line_bytes_max = 4096;  // size, extensions and line end of one chunk
  std::uint32_t extension_bytes_max =
      16 * 1024;  // of all chunks, beyond the bytes of payload so far
  std::uint32_t trailer_lines_max = 32;
  std::uint32_t trailer_bytes_max = 16 * 1024;
};

struct ChunkStep {
  enum State : std::uint8_t {
    kNeedMore,  // the bytes are used up
    kData,      // `data`: the next piece of payload, never empty, a view into the bytes given
    kEnd,       // the body is over; what follows it was left in the bytes
    kError,     // `error` and `reason`; the scanner stays in this state
  };
  State state = kNeedMore;
  std::string_view data;
  ErrorCode error =
      ErrorCode::kInvalidRequest;  // or kHeadTooLarge, for trailers; of an upstream it means 502
  std::string_view reason;         // static text
};

// Takes the chunked coding (RFC 9112 §7.1) off a body, in whatever pieces it arrives. No I/O.
//
//   ChunkScanner scanner;
//   for (std::string_view bytes = read(); ; ) {
//     const ChunkStep step = scanner.next(bytes);     // moves the front of `bytes`
//     if (step.state == ChunkStep::kData) { relay(step.data); continue; }
//     …
//   }
//
// Strict: hexadecimal sizes of at most 16 digits below 2^63, CR LF everywhere, well-formed
// extensions. Extensions are validated and dropped. Memory is constant but for the trailers, which
// are bounded.
class ChunkScanner {
 public:
  explicit ChunkScanner(const ChunkLimits& limits = {}) : limits_(limits) {}

  ChunkStep next(std::string_view& bytes);

  // After kEnd: the trailer fields that may be forwarded, as "name: value" lines with CR LF each;
  // without the closing empty line, often empty. Fields that must not come behind a body (framing,
  // routing, credentials, cookies, what describes the content: RFC 9110 §6.5.1) are left out.
  [[nodiscard]] std::string_view trailers() const { return trailers_; }

  // For the next body.
  void reset();

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtensionStart,  // behind ';'
    kExtensionName,
    kExtensionNameEnd,  // space behind a name
    kExtensionValueStart,
    kExtensionValue,
    kQuoted,
    kQuotedEscape,
    kQuotedEnd,
    kExtensionEnd,  // space behind a size or an extension: only ';' may follow
    kSizeLineFeed,
    kData,
    kDataReturn,
    kDataLineFeed,
    kTrailers,
    kDone,
    kFailed,
  };

  static State after(State state, char c);
  void take_framing_byte(char c);
  void take_digit(std::uint32_t digit);
  void finish_size_line();
  void take_trailers(std::string_view& bytes);
  void finish_trailer_line();
  void fail(std::string_view reason, ErrorCode error = ErrorCode::kInvalidRequest);

  ChunkLimits limits_;
  std::uint64_t remaining_ =
      0;  // of the chunk's payload; while reading a size line, the size so far
  std::uint32_t line_bytes_ = 0;
  std::uint32_t digits_ = 0;
  std::uint32_t extension_debt_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  std::uint32_t trailer_lines_ = 0;
  std::uint32_t line_start_ = 0;  // in trailers_: where the line being read begins
  State state_ = State::kSize;
  ErrorCode error_ = ErrorCode::kInvalidRequest;
  std::string_view reason_;
  std::string trailers_;
};

}  // namespace penstock::http1
