#include "sidecar/http1/chunk_scanner.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/http1/head_writer.h"

namespace penstock::http1 {
namespace {

struct Outcome {
  ChunkStep::State state = ChunkStep::kNeedMore;
  std::string payload;
  std::string trailers;
  std::string rest;
  std::string reason;

  bool operator==(const Outcome&) const = default;
};

void feed(ChunkScanner& scanner, std::string_view bytes, Outcome& out) {
  if (out.state == ChunkStep::kEnd) {
    out.rest.append(bytes);
    return;
  }
  for (;;) {
    const ChunkStep step = scanner.next(bytes);
    out.state = step.state;
    if (step.state == ChunkStep::kData) {
      EXPECT_FALSE(step.data.empty());
      out.payload.append(step.data);
      continue;
    }
    out.reason = step.reason;
    if (step.state == ChunkStep::kEnd) {
      out.trailers = scanner.trailers();
      out.rest.append(bytes);
    } else if (step.state == ChunkStep::kNeedMore) {
      EXPECT_TRUE(bytes.empty());
    }
    return;
  }
}

Outcome scan(std::string_view bytes, const ChunkLimits& limits = {}) {
  ChunkScanner scanner(limits);
  Outcome out;
  feed(scanner, bytes, out);
  return out;
}

struct Case {
  const char* name;
  std::string bytes;
  const char* payload;  // nullptr: refused
  const char* trailers = "";
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"empty body", "0\r\n\r\n", ""},
      {"one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"two chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
      {"hexadecimal in both cases", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n",
       "01234567890123456789a"},
      {"leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "hello"},
      {"line ends in the payload", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
      {"extension", "5;a\r\nhello\r\n0\r\n\r\n", "hello"},
      {"extension with value", "5;a=b\r\nhello\r\n0;c=d\r\n\r\n", "hello"},
      {"extensions", "5;a=b;c;d=\"e\"\r\nhello\r\n0\r\n\r\n", "hello"},
      {"quoted extension", "5;a=\"b;\\\"\xC3\xA4 \\\\\"\r\nhello\r\n0\r\n\r\n", "hello"},
      {"spaces around extensions", "5 ; a = b ; c\t;d\r\nhello\r\n0\r\n\r\n", "hello"},
      {"trailer", "0\r\nX-Sum: 1\r\n\r\n", "", "X-Sum: 1\r\n"},
      {"trailers", "1\r\nx\r\n0\r\nX-A:1\r\nX-B: \r\n\r\n", "x", "X-A:1\r\nX-B: \r\n"},
      {"forbidden trailers", "0\r\nContent-Length: 9\r\nX-A: 1\r\nHOST: h\r\nSet-Cookie: c\r\n\r\n",
       "", "X-A: 1\r\n"},
      {"only forbidden trailers", "0\r\nTransfer-Encoding: chunked\r\nAuthorization: k\r\n\r\n",
       ""},

      {"no size", "\r\nhello\r\n0\r\n\r\n", nullptr},
      {"letters", "xyz\r\n", nullptr},
      {"prefix of hexadecimal", "0x5\r\nhello\r\n", nullptr},
      {"plus", "+5\r\nhello\r\n", nullptr},
      {"minus", "-5\r\nhello\r\n", nullptr},
      {"leading space", " 5\r\nhello\r\n", nullptr},
      {"trailing space", "5 \r\nhello\r\n", nullptr},
      {"underscore", "1_0\r\n", nullptr},
      {"2^63", "8000000000000000\r\n", nullptr},
      {"2^64", "10000000000000000\r\n", nullptr},
      {"seventeen digits", "00000000000000005\r\nhello\r\n", nullptr},
      {"bare line feed after the size", "5\nhello\r\n0\r\n\r\n", nullptr},
      {"bare carriage return after the size", "5\rhello\r\n", nullptr},
      {"nul after the size", std::string("5\0\r\nhello", 9), nullptr},
      {"payload longer than its size", "5\r\nhellox\r\n0\r\n\r\n", nullptr},
      {"payload shorter than its size", "6\r\nhello\r\n0\r\n\r\n", nullptr},
      {"bare line feed after the payload", "5\r\nhello\n0\r\n\r\n", nullptr},
      {"bare carriage return after the payload", "5\r\nhello\r0\r\n\r\n", nullptr},
      {"empty extension", "5;\r\nhello\r\n", nullptr},
      {"extension without name", "5;=b\r\nhello\r\n", nullptr},
      {"extension without value", "5;a=\r\nhello\r\n", nullptr},
      {"space behind an extension", "5;a=b \r\nhello\r\n", nullptr},
      {"two words in an extension", "5;a b\r\nhello\r\n", nullptr},
      {"line feed in an extension", "5;a\nhello\r\n", nullptr},
      {"line feed in a quoted extension", "5;a=\"\n\"\r\nhello\r\n", nullptr},
      {"carriage return in a quoted extension", "5;a=\"\r\n\"\r\nhello\r\n", nullptr},
      {"escaped line feed", "5;a=\"\\\n\"\r\nhello\r\n", nullptr},
      {"text behind a quoted extension", "5;a=\"b\"c\r\nhello\r\n", nullptr},
      {"control byte in an extension", "5;a=\x01\r\nhello\r\n", nullptr},
      {"trailer without colon", "0\r\nX\r\n\r\n", nullptr},
      {"trailer with space before the colon", "0\r\nX : y\r\n\r\n", nullptr},
      {"folded trailer", "0\r\nX: a\r\n b\r\n\r\n", nullptr},
      {"nul in a trailer", std::string("0\r\nX: \0\r\n\r\n", 11), nullptr},
      {"bare line feed in a trailer", "0\r\nX: a\nY: b\r\n\r\n", nullptr},
      {"bare line feed as the end", "0\r\n\n", nullptr},
      {"bare line feed after the last size", "0\n\r\n", nullptr},
      {"bare carriage return as the end", "0\r\n\rGET / HTTP/1.1\r\n", nullptr},
  };
  return all;
}

TEST(ChunkCases, ReachTheVerdict) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const Outcome out = scan(c.payload != nullptr ? c.bytes + "GET" : c.bytes);
    if (c.payload == nullptr) {
      EXPECT_EQ(out.state, ChunkStep::kError);
      EXPECT_FALSE(out.reason.empty());
      continue;
    }
    EXPECT_EQ(out.state, ChunkStep::kEnd) << out.reason;
    EXPECT_EQ(out.payload, c.payload);
    EXPECT_EQ(out.trailers, c.trailers);
    EXPECT_EQ(out.rest, "GET");
  }
}

TEST(ChunkCuts, DoNotMatter) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const std::string bytes = c.payload != nullptr ? c.bytes + "GET" : c.bytes;
    const Outcome whole = scan(bytes);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      ChunkScanner scanner;
      Outcome out;
      feed(scanner, std::string_view(bytes).substr(0, cut), out);
      feed(scanner, std::string_view(bytes).substr(cut), out);
      ASSERT_EQ(out.state, whole.state) << cut;
      ASSERT_EQ(out.payload, whole.payload) << cut;
      ASSERT_EQ(out.trailers, whole.trailers) << cut;
      ASSERT_EQ(out.reason, whole.reason) << cut;
      ASSERT_EQ(out.rest, whole.rest) << cut;
    }
    ChunkScanner scanner;
    Outcome out;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      feed(scanner, std::string_view(bytes).substr(i, 1), out);
    }
    EXPECT_EQ(out, whole);
  }
}

TEST(ChunkScanner, StaysAtItsEnd) {
  ChunkScanner scanner;
  std::string_view bytes = "0\r\n\r\n0\r\n\r\n";
  EXPECT_EQ(scanner.next(bytes).state, ChunkStep::kEnd);
  EXPECT_EQ(scanner.next(bytes).state, ChunkStep::kEnd);
  EXPECT_EQ(bytes.size(), 5U);
  std::string_view bad = "?";
  scanner.reset();
  EXPECT_EQ(scanner.next(bad).state, ChunkStep::kError);
  EXPECT_EQ(scanner.next(bytes).state, ChunkStep::kError);
}

TEST(ChunkScanner, IsReused) {
  ChunkScanner scanner;
  Outcome first;
  feed(scanner, "1;a\r\nx\r\n0\r\nX-A: 1\r\n\r\n", first);
  EXPECT_EQ(first.trailers, "X-A: 1\r\n");
  scanner.reset();
  EXPECT_EQ(scanner.trailers(), "");
  Outcome second;
  feed(scanner, "2\r\nyz\r\n0\r\n\r\n", second);
  EXPECT_EQ(second.payload, "yz");
  EXPECT_EQ(second.trailers, "");
  EXPECT_EQ(second.state, ChunkStep::kEnd);
}

TEST(ChunkLimits, BoundTheSizeLine) {
  const ChunkLimits limits{.size_line_bytes_max = 20};
  EXPECT_EQ(scan("1;" + std::string(16, 'a') + "\r\nx\r\n0\r\n\r\n", limits).state,
            ChunkStep::kEnd);
  EXPECT_EQ(scan("1;" + std::string(17, 'a') + "\r\nx\r\n0\r\n\r\n", limits).state,
            ChunkStep::kError);
  EXPECT_EQ(scan("1;" + std::string(100, 'a'), limits).state, ChunkStep::kError);
}

// One byte of payload under a long extension each is a way to make a server read for nothing.
TEST(ChunkLimits, BoundExtensionsByPayload) {
  const ChunkLimits limits{.extension_bytes_max = 100};
  const auto body = [](int chunks, std::size_t payload) {
    std::string bytes;
    for (int i = 0; i < chunks; ++i) {
      append_chunk(bytes, std::string(payload, 'x'));
      bytes.insert(bytes.rfind("\r\n", bytes.size() - payload - 3), ";0123456789");
    }
    return bytes + "0\r\n\r\n";
  };
  EXPECT_EQ(scan(body(9, 1), limits).state, ChunkStep::kEnd);  // 9 * 11 - 9 of payload
  EXPECT_EQ(scan(body(11, 1), limits).state, ChunkStep::kError);
  EXPECT_EQ(scan(body(500, 11), limits).state, ChunkStep::kEnd);
}

TEST(ChunkLimits, BoundTrailers) {
  const ChunkLimits limits{.trailer_lines_max = 2, .trailer_bytes_max = 30};
  const auto trailers = [&limits](const std::string& lines) {
    ChunkScanner scanner(limits);
    const std::string bytes = "0\r\n" + lines + "\r\n";
    std::string_view view = bytes;
    return scanner.next(view);
  };
  EXPECT_EQ(trailers("A: 1\r\nB: 2\r\n").state, ChunkStep::kEnd);
  EXPECT_EQ(trailers("A: 1\r\nB: 2\r\nC: 3\r\n").error, ErrorCode::kHeadTooLarge);
  EXPECT_EQ(trailers("A: " + std::string(23, 'v') + "\r\n").state, ChunkStep::kEnd);
  EXPECT_EQ(trailers("A: " + std::string(24, 'v') + "\r\n").error, ErrorCode::kHeadTooLarge);
  EXPECT_EQ(trailers("Host: " + std::string(24, 'v') + "\r\n").error, ErrorCode::kHeadTooLarge);
}

TEST(ChunkScanner, ReadsWhatTheWriterWrites) {
  std::string bytes;
  append_chunk(bytes, "hello");
  append_chunk(bytes, "");
  append_chunk(bytes, std::string(300, 'x'));
  append_last_chunk(bytes, "X-Sum: 1\r\n");
  const Outcome out = scan(bytes);
  EXPECT_EQ(out.state, ChunkStep::kEnd);
  EXPECT_EQ(out.payload, "hello" + std::string(300, 'x'));
  EXPECT_EQ(out.trailers, "X-Sum: 1\r\n");
}

}  // namespace
}  // namespace penstock::http1
