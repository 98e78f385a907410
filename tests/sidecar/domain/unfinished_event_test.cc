#include "sidecar/domain/unfinished_event.h"

#include <string>

#include <gtest/gtest.h>

#include "sidecar/domain/sse_parser.h"

namespace penstock::domain {
namespace {

// What SseParser, which reads from the beginning, has not given out yet.
std::string pending_of(std::string_view stream) {
  SseParser parser;
  parser.feed(stream, [](const SseEvent&) {});
  return std::string(parser.pending());
}

std::string unfinished_of(std::string_view stream, std::size_t piece) {
  UnfinishedEvent unfinished;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    unfinished.feed(stream.substr(at, piece));
  }
  return std::string(unfinished.bytes());
}

TEST(UnfinishedEventTest, IsWhatFollowsTheLastBlankLine) {
  UnfinishedEvent unfinished;
  EXPECT_EQ(unfinished.bytes(), "");
  unfinished.feed("data: 1\n\nda");
  EXPECT_EQ(unfinished.bytes(), "da");
  unfinished.feed("ta: 2\n");
  EXPECT_EQ(unfinished.bytes(), "data: 2\n");
  unfinished.feed("\n");
  EXPECT_EQ(unfinished.bytes(), "");
  unfinished.feed("event: a\ndata: 3\n\n: ping\n\n");
  EXPECT_EQ(unfinished.bytes(), "");
  unfinished.feed("x");
  unfinished.clear();
  EXPECT_EQ(unfinished.bytes(), "");
}

TEST(UnfinishedEventTest, AgreesWithTheParserWhereverAStreamIsCutAndHoweverItsLinesEnd) {
  for (const std::string_view end : {"\n", "\r\n", "\r"}) {
    std::string stream;
    for (const std::string_view line :
         {"event: a", "data: {\"b\":1}", "", ": c", "", "data", "d"}) {
      stream.append(line).append(end);
    }
    for (std::size_t size = 0; size <= stream.size(); ++size) {
      const std::string_view begun = std::string_view(stream).substr(0, size);
      std::string expected = pending_of(begun);
      // Between the CR and the LF of a blank line the parser waits; nothing of an event is missing.
      if (begun.ends_with("\n\r") || begun.ends_with("\r\r")) {
        expected.clear();
      }
      for (const std::size_t piece :
           {std::size_t{1}, std::size_t{2}, std::size_t{3}, stream.size()}) {
        EXPECT_EQ(unfinished_of(begun, piece), expected) << size << " by " << piece;
      }
    }
  }
}

TEST(UnfinishedEventTest, OfOneThatIsTooLongTheEndIsKeptAndSeen) {
  const std::string begun = "data: 1\n\ndata: " + std::string(UnfinishedEvent::kBytesMax, 'x');
  for (const std::size_t piece : {begun.size(), std::size_t{10'000}}) {
    UnfinishedEvent unfinished;
    for (std::size_t at = 0; at < begun.size(); at += piece) {
      unfinished.feed(std::string_view(begun).substr(at, piece));
    }
    EXPECT_TRUE(unfinished.too_long());
    EXPECT_EQ(unfinished.bytes(), "xx");
    unfinished.feed("yz\n");
    EXPECT_TRUE(unfinished.too_long());
    EXPECT_EQ(unfinished.bytes(), "z\n");
    unfinished.feed("\ndata: 2");
    EXPECT_FALSE(unfinished.too_long());
    EXPECT_EQ(unfinished.bytes(), "data: 2");
  }
}

TEST(UnfinishedEventTest, OneOfJustThatLengthIsKept) {
  const std::string longest(UnfinishedEvent::kBytesMax, 'x');
  UnfinishedEvent unfinished;
  unfinished.feed(longest);
  EXPECT_FALSE(unfinished.too_long());
  EXPECT_EQ(unfinished.bytes(), longest);
  unfinished.feed("y");
  EXPECT_TRUE(unfinished.too_long());
}

}  // namespace
}  // namespace penstock::domain
