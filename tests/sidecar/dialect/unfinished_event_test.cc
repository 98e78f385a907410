#include "sidecar/dialect/unfinished_event.h"

#include <string>

#include <gtest/gtest.h>

#include "sidecar/domain/sse_parser.h"
#include "tests/sidecar/dialect/fed_in_pieces.h"

namespace penstock::dialect {
namespace {

using State = TornJson::State;

TEST(UnfinishedEventTest, IsWhatFollowsTheLastBlankLine) {
  UnfinishedEvent unfinished;
  EXPECT_TRUE(unfinished.empty());
  unfinished.feed("data: 1\n\nda");
  ASSERT_FALSE(unfinished.empty());
  EXPECT_EQ(unfinished.json().state(), State::kBlank);
  unfinished.feed("ta: {}\n");
  ASSERT_FALSE(unfinished.empty());
  EXPECT_TRUE(unfinished.lacks_only_its_end());
  unfinished.feed("\n");
  EXPECT_TRUE(unfinished.empty());
  EXPECT_FALSE(unfinished.lacks_only_its_end());
  unfinished.feed("event: a\ndata: 3\n\n: ping\n\n");
  EXPECT_TRUE(unfinished.empty());
  unfinished.feed("x");
  EXPECT_FALSE(unfinished.empty());
  unfinished.feed("\n\ndata: {\n\ndata: [");
  ASSERT_FALSE(unfinished.empty());
  EXPECT_EQ(unfinished.json().state(), State::kUnreadable);
  unfinished.clear();
  EXPECT_TRUE(unfinished.empty());
}

// SseParser reads from the beginning; what it has not given out yet is not whole.
TEST(UnfinishedEventTest, AgreesWithTheParserWhereverAStreamIsCutAndHoweverItsLinesEnd) {
  for (const std::string_view end : {"\n", "\r\n", "\r"}) {
    std::string stream;
    for (const std::string_view line : {"event: a", "data: {\"b\":1,", "data:\"c\"", "data",
                                        "data: :2}", "", ": c", "", "data", "d"}) {
      stream.append(line).append(end);
    }
    for (std::size_t size = 0; size <= stream.size(); ++size) {
      const std::string_view begun = std::string_view(stream).substr(0, size);
      domain::SseParser parser;
      parser.feed(begun, [](const domain::SseEvent&) {});
      // Between the CR and the LF of a blank line the parser waits; nothing of an event is missing.
      const bool between = begun.ends_with("\n\r") || begun.ends_with("\r\r");
      const bool empty = parser.pending().empty() || between;
      const auto last = parser.finish();
      for (const std::size_t piece :
           {std::size_t{1}, std::size_t{2}, std::size_t{3}, stream.size()}) {
        const UnfinishedEvent unfinished = fed_in_pieces<UnfinishedEvent>(begun, piece);
        ASSERT_EQ(unfinished.empty(), empty) << size << " by " << piece;
        if (empty) {
          continue;
        }
        TornJson json;
        json.feed(last->data);
        EXPECT_EQ(unfinished.json().state(), json.state()) << size << " by " << piece;
        const std::string_view line = begun.substr(begun.find_last_of("\r\n") + 1);
        EXPECT_EQ(unfinished.within_data(), line.starts_with("data:")) << size << " by " << piece;
        EXPECT_EQ(unfinished.at_line_begin(), begun.ends_with('\n')) << size << " by " << piece;
      }
    }
  }
}

TEST(UnfinishedEventTest, TheEndOfALineEndsWhatStandsInIt) {
  EXPECT_EQ(fed_in_pieces<UnfinishedEvent>("data: {\"a\":tru\ndata: e").json().state(),
            State::kUnreadable);
  EXPECT_EQ(fed_in_pieces<UnfinishedEvent>("data: {\"a\":12\ndata: ,").json().rest(), "");
  EXPECT_EQ(fed_in_pieces<UnfinishedEvent>("event: {\nid: [\ndatas: x").json().state(),
            State::kBlank);
}

TEST(UnfinishedEventTest, TheLastWordIsKnownByItsBeginning) {
  EXPECT_EQ(fed_in_pieces<UnfinishedEvent>("data: [DO").rest_of_done(), "NE]");
  EXPECT_EQ(fed_in_pieces<UnfinishedEvent>("data: [DO", 1).rest_of_done(), "NE]");
  EXPECT_EQ(fed_in_pieces<UnfinishedEvent>("data: [DONE]\nid").rest_of_done(), "");
  for (const std::string_view other : {"data:", "data: x", "data: [DX", "data: [DO\n", "id: [DO"}) {
    EXPECT_EQ(fed_in_pieces<UnfinishedEvent>(other).rest_of_done(), std::nullopt) << other;
  }
}

TEST(UnfinishedEventTest, AByteOrderMarkMayBeCutToo) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{64}}) {
    EXPECT_TRUE(fed_in_pieces<UnfinishedEvent>("\xEF\xBB\xBF"
                                               "data: {}",
                                               piece)
                    .lacks_only_its_end());
    EXPECT_FALSE(fed_in_pieces<UnfinishedEvent>("\n\xEF\xBB\xBF"
                                                "data: {}",
                                                piece)
                     .lacks_only_its_end());
  }
}

}  // namespace
}  // namespace penstock::dialect
