// Boost.Beast as an independent reader: whatever the strict codec accepts, Beast must accept too
// and understand the same way. (The other direction does not hold: Beast is laxer.) The only file
// that includes Beast.
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <gtest/gtest.h>

#include "sidecar/http1/chunk_scanner.h"
#include "sidecar/http1/head_parser.h"
#include "tests/sidecar/http1/head_cases.h"

namespace penstock::http1 {
namespace {

namespace beast_http = boost::beast::http;

// Beast keeps equal names together, so the values of each name are compared in their order.
using Lines = std::multimap<std::string, std::string>;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c;
  }
  return out;
}

Lines lines_of(const HeadFields& head) {
  Lines lines;
  for (const HeaderField& field : head.fields) {
    lines.emplace(lower(field.name), field.value);
  }
  return lines;
}

template <class Message>
Lines beast_lines_of(const Message& message) {
  Lines lines;
  for (const auto& field : message) {
    lines.emplace(lower({field.name_string().data(), field.name_string().size()}), field.value());
  }
  return lines;
}

template <bool kIsRequest>
void prepare(beast_http::parser<kIsRequest, beast_http::string_body>& parser) {
  parser.header_limit(1U << 20U);
  parser.body_limit(boost::none);
}

// Beast stops a put() at the end of the head.
template <bool kIsRequest>
bool beast_accepts_head(beast_http::parser<kIsRequest, beast_http::string_body>& parser,
                        std::string_view head) {
  prepare(parser);
  boost::beast::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(head.data(), head.size()), error);
  EXPECT_FALSE(error) << error.message() << "\n" << head;
  EXPECT_TRUE(parser.is_header_done()) << head;
  EXPECT_EQ(used, head.size());
  return !error && parser.is_header_done();
}

// Returns whether the codec accepted the bytes, which is when there was something to compare.
bool agree_on_request(const std::string& bytes) {
  RequestHead head;
  const HeadResult result = parse_request_head(bytes, HeadLimits{}, head);
  if (result.state != HeadResult::kDone) {
    return false;
  }
  std::string_view text = std::string_view(bytes).substr(0, result.size);
  if (text.starts_with("\r\n")) {
    text.remove_prefix(2);  // the tolerated empty line is ours alone
  }
  beast_http::parser<true, beast_http::string_body> parser;
  if (!beast_accepts_head(parser, text)) {
    return true;
  }
  const auto& message = parser.get();
  EXPECT_EQ(head.method, message.method_string());
  EXPECT_EQ(head.target, message.target());
  EXPECT_EQ(static_cast<unsigned>(10 + head.minor_version), message.version());
  EXPECT_EQ(head.keep_alive, parser.keep_alive()) << text;
  EXPECT_EQ(head.framing == Framing::kChunked, parser.chunked());
  EXPECT_EQ(head.framing == Framing::kLength, parser.content_length().has_value());
  if (parser.content_length()) {
    EXPECT_EQ(head.content_length, *parser.content_length());
  }
  EXPECT_EQ(lines_of(head), beast_lines_of(message));
  return true;
}

bool agree_on_response(const std::string& bytes) {
  ResponseHead head;
  const HeadResult result = parse_response_head(bytes, HeadLimits{}, false, head);
  if (result.state != HeadResult::kDone) {
    return false;
  }
  std::string text = bytes.substr(0, result.size);
  constexpr std::size_t kStatusEnd = 12;
  if (text[kStatusEnd] == '\r') {
    text.insert(kStatusEnd,
                " ");  // Beast insists on the space that some servers leave out with the phrase
  }
  beast_http::parser<false, beast_http::string_body> parser;
  if (!beast_accepts_head(parser, text)) {
    return true;
  }
  const auto& message = parser.get();
  EXPECT_EQ(head.status, static_cast<int>(message.result_int()));
  if (!head.reason.empty()) {  // for an empty one Beast gives its own
    EXPECT_EQ(head.reason, message.reason());
  }
  EXPECT_EQ(static_cast<unsigned>(10 + head.minor_version), message.version());
  if (head.framing != Framing::kNone) {
    EXPECT_EQ(head.framing == Framing::kChunked, parser.chunked());
    EXPECT_EQ(head.framing == Framing::kLength, parser.content_length().has_value());
    EXPECT_EQ(head.keep_alive, parser.keep_alive()) << bytes;
  }
  EXPECT_EQ(lines_of(head), beast_lines_of(message));
  return true;
}

void agree_on_chunks(const std::string& body) {
  ChunkScanner scanner;
  std::string payload;
  std::string_view rest = body;
  ChunkStep step = scanner.next(rest);
  for (; step.state == ChunkStep::kData; step = scanner.next(rest)) {
    payload.append(step.data);
  }
  if (step.state != ChunkStep::kEnd) {
    return;
  }
  const std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                            body.substr(0, body.size() - rest.size());
  beast_http::parser<true, beast_http::string_body> parser;
  prepare(parser);
  parser.eager(true);
  boost::beast::error_code error;
  std::size_t used = 0;
  while (!error && used < bytes.size()) {
    used += parser.put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), error);
  }
  EXPECT_FALSE(error) << error.message() << "\n" << body;
  EXPECT_TRUE(parser.is_done()) << body;
  EXPECT_EQ(payload, parser.get().body());
}

// Small random edits of bytes that matter to the grammar.
class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string operator()(std::string bytes) {
    const std::size_t edits = 1 + pick(3);
    for (std::size_t i = 0; i < edits && !bytes.empty(); ++i) {
      const std::size_t at = pick(bytes.size());
      switch (pick(4)) {
        case 0: bytes[at] = letter(); break;
        case 1: bytes.insert(at, 1, letter()); break;
        case 2: bytes.erase(at, 1); break;
        default: bytes.insert(at, bytes.substr(pick(bytes.size()), pick(30))); break;
      }
    }
    return bytes;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  char letter() {
    static constexpr std::string_view kLetters = "\r\n \t:,;=\"\\/.-_0159aAfxX\x01\x7F\xC3[]%?#";
    return pick(20) == 0 ? '\0' : kLetters[pick(kLetters.size())];
  }

  std::mt19937 random_;
};

constexpr int kRounds = 100;

TEST(BeastOracle, AgreesOnTheRequestTable) {
  for (const testing::HeadCase& c : testing::request_cases()) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(agree_on_request(c.bytes), !c.error);
  }
}

TEST(BeastOracle, AgreesOnTheResponseTable) {
  for (const testing::HeadCase& c : testing::response_cases()) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(agree_on_response(c.bytes), !c.error);
  }
}

TEST(BeastOracle, AgreesOnMutatedHeads) {
  Mutator mutate(1);
  int compared = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (const testing::HeadCase& c : testing::request_cases()) {
      if (c.bytes.size() < 500) {
        compared += agree_on_request(mutate(c.bytes)) ? 1 : 0;
      }
    }
    for (const testing::HeadCase& c : testing::response_cases()) {
      compared += agree_on_response(mutate(c.bytes)) ? 1 : 0;
    }
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(compared, 1000);  // else the mutations break everything and prove nothing
}

TEST(BeastOracle, AgreesOnMutatedChunks) {
  Mutator mutate(2);
  const std::vector<std::string> seeds = {
      "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
      "5;a=b;c=\"d\\\"e\"\r\nhello\r\n0;x\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n",
      "A ; q\r\n0123456789\r\n00\r\nTrailer-Like: \t v \r\n\r\n",
  };
  for (int round = 0; round < kRounds * 100; ++round) {
    for (const std::string& seed : seeds) {
      agree_on_chunks(round == 0 ? seed : mutate(seed));
    }
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace penstock::http1
