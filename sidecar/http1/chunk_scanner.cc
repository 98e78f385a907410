#include "sidecar/http1/chunk_scanner.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sidecar/http1/field_lines.h"
#include "sidecar/http1/field_syntax.h"

namespace penstock::http1 {
namespace {

constexpr std::uint32_t kNotADigit = 16;
constexpr std::uint32_t kDigitsMax = 16;
constexpr std::uint64_t kSizeMax = (std::uint64_t{1} << 63U) - 1;

std::uint32_t hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<std::uint32_t>(c - '0');
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<std::uint32_t>(lower - 'a' + 10) : kNotADigit;
}

// Fields that change how a message is framed, routed, authorised or read, and must be known before
// the body.
constexpr HeaderSet kForbiddenTrailers = [] {
  using enum HeaderId;
  HeaderSet forbidden{kAge,
                      kCacheControl,
                      kConnection,
                      kContentEncoding,
                      kContentLength,
                      kContentRange,
                      kContentType,
                      kCookie,
                      kDate,
                      kExpect,
                      kForwarded,
                      kHost,
                      kHttp2Settings,
                      kKeepAlive,
                      kMaxForwards,
                      kProxyAuthenticate,
                      kProxyConnection,
                      kRange,
                      kProxyAuthorization,
                      kRealIp,
                      kRetryAfter,
                      kSetCookie,
                      kTe,
                      kTrailer,
                      kTransferEncoding,
                      kUpgrade,
                      kVary,
                      kXForwardedFor,
                      kXForwardedHost,
                      kXForwardedProto};
  forbidden.add(kModelKeySet);
  forbidden.add(kGatewayKeySet);
  return forbidden;
}();

enum class ByteClass : std::uint8_t {
  kToken,
  kSpace,
  kSemicolon,
  kEquals,
  kQuote,
  kEscape,
  kReturn,
  kText,
  kBad
};
constexpr std::size_t kByteClasses = 9;

ByteClass class_of(char c) {
  switch (c) {
    case ' ':
    case '\t': return ByteClass::kSpace;
    case ';': return ByteClass::kSemicolon;
    case '=': return ByteClass::kEquals;
    case '"': return ByteClass::kQuote;
    case '\\': return ByteClass::kEscape;
    case '\r': return ByteClass::kReturn;
    default: break;
  }
  if (is_token_byte(c)) {
    return ByteClass::kToken;
  }
  return is_field_value_byte(c) ? ByteClass::kText : ByteClass::kBad;
}

}  // namespace

// The size line behind its digits: chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token /
// quoted-string ) ] ).
ChunkScanner::State ChunkScanner::after(State state, char c) {
  using Row = std::array<State, kByteClasses>;
  constexpr State kNo = State::kFailed;
  constexpr State kStart = State::kExtensionStart;
  constexpr State kName = State::kExtensionName;
  constexpr State kNamed = State::kExtensionNameEnd;
  constexpr State kIs = State::kExtensionValueStart;
  constexpr State kValue = State::kExtensionValue;
  constexpr State kText = State::kQuoted;
  constexpr State kBack = State::kQuotedEscape;
  constexpr State kShut = State::kQuotedEnd;
  constexpr State kEnd = State::kExtensionEnd;
  constexpr State kLine = State::kSizeLineFeed;
  // clang-format off
  static constexpr std::array<Row, static_cast<std::size_t>(kLine)> kNext = {{
      //            token   space   ;       =      "      \\      CR     text   bad
      /* kSize */  {kNo,    kEnd,   kStart, kNo,   kNo,   kNo,   kLine, kNo,   kNo},
      /* kStart */ {kName,  kStart, kNo,    kNo,   kNo,   kNo,   kNo,   kNo,   kNo},
      /* kName */  {kName,  kNamed, kStart, kIs,   kNo,   kNo,   kLine, kNo,   kNo},
      /* kNamed */ {kNo,    kNamed, kStart, kIs,   kNo,   kNo,   kNo,   kNo,   kNo},
      /* kIs */    {kValue, kIs,    kNo,    kNo,   kText, kNo,   kNo,   kNo,   kNo},
      /* kValue */ {kValue, kEnd,   kStart, kNo,   kNo,   kNo,   kLine, kNo,   kNo},
      /* kText */  {kText,  kText,  kText,  kText, kShut, kBack, kNo,   kText, kNo},
      /* kBack */  {kText,  kText,  kText,  kText, kText, kText, kNo,   kText, kNo},
      /* kShut */  {kNo,    kEnd,   kStart, kNo,   kNo,   kNo,   kLine, kNo,   kNo},
      /* kEnd */   {kNo,    kEnd,   kStart, kNo,   kNo,   kNo,   kNo,   kNo,   kNo},
  }};
  // clang-format on
  return kNext[static_cast<std::size_t>(state)][static_cast<std::size_t>(class_of(c))];
}

void ChunkScanner::fail(std::string_view reason, ErrorCode error) {
  state_ = State::kFailed;
  reason_ = reason;
  error_ = error;
}

void ChunkScanner::reset() {
  trailers_.clear();
  *this = [this] {
    ChunkScanner fresh(limits_);
    fresh.trailers_ = std::move(trailers_);  // keeps its memory
    return fresh;
  }();
}

void ChunkScanner::take_digit(std::uint32_t digit) {
  if (++digits_ > kDigitsMax || remaining_ > (kSizeMax >> 4U)) {
    return fail("chunk size too large");
  }
  remaining_ = (remaining_ << 4U) | digit;
}

void ChunkScanner::finish_size_line() {
  const std::uint32_t extension_bytes = line_bytes_ - digits_ - 2;
  extension_debt_ += extension_bytes;
  extension_debt_ -=
      static_cast<std::uint32_t>(std::min<std::uint64_t>(remaining_, extension_debt_));
  if (extension_debt_ > limits_.extension_bytes_max) {
    return fail("too many chunk extensions");
  }
  state_ = remaining_ == 0 ? State::kTrailers : State::kData;
  line_bytes_ = 0;
  digits_ = 0;
}

void ChunkScanner::take_framing_byte(char c) {
  if (state_ == State::kDataReturn) {
    return c == '\r' ? void(state_ = State::kDataLineFeed) : fail("chunk longer than its size");
  }
  if (state_ == State::kDataLineFeed) {
    return c == '\n' ? void(state_ = State::kSize) : fail("carriage return without line feed");
  }
  if (++line_bytes_ > limits_.size_line_bytes_max) {
    return fail("chunk size line too long");
  }
  if (state_ == State::kSizeLineFeed) {
    return c == '\n' ? finish_size_line() : fail("carriage return without line feed");
  }
  if (state_ == State::kSize) {
    if (const std::uint32_t digit = hex_digit(c); digit != kNotADigit) {
      return take_digit(digit);
    }
    if (digits_ == 0) {
      return fail("malformed chunk size");
    }
  }
  const bool in_size = state_ == State::kSize;
  state_ = after(state_, c);
  if (state_ == State::kFailed) {
    fail(in_size ? "malformed chunk size" : "malformed chunk extension");
  }
}

void ChunkScanner::finish_trailer_line() {
  const std::string_view line = std::string_view(trailers_).substr(line_start_);
  if (line == "\r\n") {
    trailers_.resize(line_start_);
    state_ = State::kDone;
    return;
  }
  if (++trailer_lines_ > limits_.trailer_lines_max) {
    return fail("too many trailer lines", ErrorCode::kHeadTooLarge);
  }
  LineReader reader{line.data(), line.data() + line.size(), {}};
  HeadFields field;
  if (reader.take_field(field) != Progress::kDone) {
    return fail(reader.fault.reason);
  }
  if (kForbiddenTrailers.contains(field.fields.front().id)) {
    trailers_.resize(line_start_);
  }
  line_start_ = static_cast<std::uint32_t>(trailers_.size());
}

// Keeps the line being read at the end of trailers_; an accepted one simply stays there.
void ChunkScanner::take_trailers(std::string_view& bytes) {
  const auto line_feed = bytes.find('\n');
  const std::size_t size = line_feed == std::string_view::npos ? bytes.size() : line_feed + 1;
  if (size > limits_.trailer_bytes_max - trailer_bytes_) {
    return fail("trailers too large", ErrorCode::kHeadTooLarge);
  }
  trailer_bytes_ += static_cast<std::uint32_t>(size);
  trailers_.append(bytes.substr(0, size));
  bytes.remove_prefix(size);
  if (line_feed != std::string_view::npos) {
    finish_trailer_line();
  }
}

ChunkStep ChunkScanner::next(std::string_view& bytes) {
  for (;;) {
    if (state_ == State::kDone) {
      return {.state = ChunkStep::kEnd};
    }
    if (state_ == State::kFailed) {
      return {ChunkStep::kError, {}, error_, reason_};
    }
    if (bytes.empty()) {
      return {};
    }
    if (state_ == State::kData) {
      const std::string_view data =
          bytes.substr(0, std::min<std::uint64_t>(remaining_, bytes.size()));
      bytes.remove_prefix(data.size());
      remaining_ -= data.size();
      state_ = remaining_ == 0 ? State::kDataReturn : State::kData;
      return {.state = ChunkStep::kData, .data = data};
    }
    if (state_ == State::kTrailers) {
      take_trailers(bytes);
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    take_framing_byte(c);
  }
}

}  // namespace penstock::http1
