#include "sidecar/domain/sse_parser.h"

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

struct Event {
  std::string raw;
  std::string name;
  std::string data;
  bool has_data = false;
  bool operator==(const Event&) const = default;
};

Event copy_of(const SseEvent& event) {
  return {std::string(event.raw), std::string(event.name), std::string(event.data), event.has_data};
}

// Copies each piece to its own heap block first, so that a view past its end is an error under
// ASan.
std::vector<Event> events_of(SseParser& parser, const std::vector<std::string_view>& pieces) {
  std::vector<Event> events;
  for (const std::string_view piece : pieces) {
    const auto block = std::make_unique<char[]>(piece.size());
    if (!piece.empty()) {
      std::memcpy(block.get(), piece.data(), piece.size());
    }
    parser.feed({block.get(), piece.size()},
                [&events](const SseEvent& event) { events.push_back(copy_of(event)); });
  }
  return events;
}

std::vector<Event> events_of(std::string_view input) {
  SseParser parser;
  return events_of(parser, {input});
}

struct Case {
  const char* name;
  std::string input;
  std::vector<Event> events;
  std::string pending;
};

// Field by field from the HTML standard, section 9.2.6.
const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"Lf",
       "data: a\n\ndata: b\n\n",
       {{"data: a\n\n", "", "a", true}, {"data: b\n\n", "", "b", true}},
       ""},
      {"CrLf",
       "data: a\r\n\r\ndata: b\r\n\r\n",
       {{"data: a\r\n\r\n", "", "a", true}, {"data: b\r\n\r\n", "", "b", true}},
       ""},
      {"Cr",
       "data: a\r\rdata: b\r\r",
       {{"data: a\r\r", "", "a", true}, {"data: b\r\r", "", "b", true}},
       ""},
      {"NoSpace", "event:x\ndata:a\n\n", {{"event:x\ndata:a\n\n", "x", "a", true}}, ""},
      {"OneSpaceOnlyIsDropped", "data:  a \n\n", {{"data:  a \n\n", "", " a ", true}}, ""},
      {"SeveralDataLines",
       "data: a\ndata:\ndata: c\n\n",
       {{"data: a\ndata:\ndata: c\n\n", "", "a\n\nc", true}},
       ""},
      {"FieldWithoutColon", "data\n\n", {{"data\n\n", "", "", true}}, ""},
      {"CommentAlone", ": ping\n\n", {{": ping\n\n", "", "", false}}, ""},
      {"CommentInside", ": x\ndata: a\n\n", {{": x\ndata: a\n\n", "", "a", true}}, ""},
      {"UnknownFields",
       "id: 1\nretry: 5\ndatas: no\nDATA: no\ndata: a\n\n",
       {{"id: 1\nretry: 5\ndatas: no\nDATA: no\ndata: a\n\n", "", "a", true}},
       ""},
      {"LastNameCounts",
       "event: x\nevent: y\ndata: a\n\n",
       {{"event: x\nevent: y\ndata: a\n\n", "y", "a", true}},
       ""},
      {"NameDoesNotLeakIntoTheNextEvent",
       "event: x\n\ndata: a\n\n",
       {{"event: x\n\n", "x", "", false}, {"data: a\n\n", "", "a", true}},
       ""},
      {"ByteOrderMark",
       "\xEF\xBB\xBF"
       "data: a\n\n",
       {{"\xEF\xBB\xBF"
         "data: a\n\n",
         "", "a", true}},
       ""},
      {"ByteOrderMarkLaterIsText",
       "data: a\n\n\xEF\xBB\xBF"
       "data: b\n\n",
       {{"data: a\n\n", "", "a", true},
        {"\xEF\xBB\xBF"
         "data: b\n\n",
         "", "", false}},
       ""},
      {"StrayBlankLines",
       "\n\ndata: a\n\n",
       {{"\n", "", "", false}, {"\n", "", "", false}, {"data: a\n\n", "", "a", true}},
       ""},
      {"ColonsInData",
       "data: {\"a\": 1}\n\n",
       {{"data: {\"a\": 1}\n\n", "", "{\"a\": 1}", true}},
       ""},
      {"Unfinished", "data: a\n\ndata: b\n", {{"data: a\n\n", "", "a", true}}, "data: b\n"},
      {"CrLfBetweenLinesOfAnEvent",
       "event: x\r\ndata: a\r\n\r\n",
       {{"event: x\r\ndata: a\r\n\r\n", "x", "a", true}},
       ""},
      {"MixedLineEnds",
       "event: x\rdata: a\r\n\n",
       {{"event: x\rdata: a\r\n\n", "x", "a", true}},
       ""},
      {"Utf8",
       "data: \xE2\x82\xAC\xF0\x9F\x98\x80\n\n",
       {{"data: \xE2\x82\xAC\xF0\x9F\x98\x80\n\n", "", "\xE2\x82\xAC\xF0\x9F\x98\x80", true}},
       ""},
      {"NulIsData",
       std::string("data: a\0b\n\n", 11),
       {{std::string("data: a\0b\n\n", 11), "", std::string("a\0b", 3), true}},
       ""},
  };
  return kCases;
}

TEST(SseParserTest, SplitsAsTheStandardSays) {
  for (const Case& each : cases()) {
    SseParser parser;
    EXPECT_EQ(events_of(parser, {each.input}), each.events) << each.name;
    EXPECT_EQ(parser.pending(), each.pending) << each.name;
  }
}

TEST(SseParserTest, EveryCutGivesTheSameEvents) {
  std::vector<std::string> inputs;
  for (const Case& each : cases()) {
    inputs.push_back(each.input);
  }
  inputs.emplace_back("data: a\r\r\ndata: b\r\n\r\r\n\rdata: c\n\r\n");
  inputs.emplace_back("\r\r\n\n\r\ndata: x\r\n\r");
  for (const std::string& input : inputs) {
    const std::string_view all = input;
    SseParser whole;
    const auto expected = events_of(whole, {all});
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
      SseParser parser;
      EXPECT_EQ(events_of(parser, {all.substr(0, cut), all.substr(cut)}), expected) << input << cut;
      EXPECT_EQ(parser.pending(), whole.pending());
    }
    SseParser bytewise;
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < all.size(); ++i) {
      bytes.push_back(all.substr(i, 1));
    }
    EXPECT_EQ(events_of(bytewise, bytes), expected) << input;
  }
}

TEST(SseParserTest, RawAndPendingConcatenateToTheInput) {
  const std::string_view input =
      ": x\r\n\r\n\ndata: a\ndata: b\n\nevent: e\rdata: c\r\rdata: d\ndata";
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    SseParser parser;
    std::string joined;
    for (const Event& event : events_of(parser, {input.substr(0, cut), input.substr(cut)})) {
      joined += event.raw;
    }
    joined += parser.pending();
    EXPECT_EQ(joined, input);
  }
}

TEST(SseParserTest, AWholeEventIsViewedInPlace) {
  const std::string_view input = "data: a\n\n";
  SseParser parser;
  parser.feed(input, [input](const SseEvent& event) {
    EXPECT_EQ(event.raw.data(), input.data());
    EXPECT_EQ(event.data.data(), input.data() + 6);
  });
}

TEST(SseParserTest, AnEventLeavesWithItsLastByte) {
  for (const std::string_view input : {"data: a\n\n", "data: a\r\n\r\n", "data: a\r\r"}) {
    EXPECT_EQ(events_of(input).size(), 1U) << input;
  }
}

TEST(SseParserTest, ManyEventsFollowACutOne) {
  std::string input = "data: first";
  std::string rest = " event\n\n";
  for (int i = 0; i < 1000; ++i) {
    rest += "data: " + std::to_string(i) + "\n\n";
  }
  SseParser parser;
  const auto events = events_of(parser, {input, rest});
  ASSERT_EQ(events.size(), 1001U);
  EXPECT_EQ(events[0].data, "first event");
  EXPECT_EQ(events[1].data, "0");
  EXPECT_EQ(events[1000].data, "999");
}

TEST(SseParserTest, ALongEventIsPutTogetherFromManyPieces) {
  const std::string text(100'000, 'x');
  const std::string input = "data: " + text + "\n\ndata: b\n\n";
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < input.size(); at += 1500) {
    pieces.push_back(std::string_view(input).substr(at, 1500));
  }
  SseParser parser;
  const auto events = events_of(parser, pieces);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].data, text);
  EXPECT_EQ(events[1].data, "b");
}

TEST(SseParserTest, OverflowConsumesNothingMoreAndLosesNothing) {
  const std::string input = "data: 1\n\ndata: " + std::string(300, 'x');
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    SseParser parser(100);
    std::string seen;
    const auto see = [&seen](const SseEvent& event) { seen += event.raw; };
    const std::string_view first = std::string_view(input).substr(0, cut);
    const std::string_view second = std::string_view(input).substr(cut);
    const std::size_t taken_first = parser.feed(first, see);
    const std::size_t taken_second = parser.feed(second, see);
    ASSERT_TRUE(parser.overflowed()) << cut;
    seen += parser.pending();
    seen += first.substr(taken_first);
    seen += second.substr(taken_second);
    EXPECT_EQ(seen, input) << cut;
    EXPECT_EQ(parser.feed("data: a\n\n", see), 0U);
    EXPECT_FALSE(parser.finish());
  }
}

TEST(SseParserTest, AnEventOfExactlyTheLimitPasses) {
  SseParser parser(10);
  EXPECT_EQ(events_of(parser, {"data: ab", "\n\n"}).size(), 1U);
  EXPECT_EQ(events_of(parser, {"data: abc", "\n\n"}).size(), 0U);
  EXPECT_TRUE(parser.overflowed());
}

TEST(SseParserTest, FinishGivesTheEventThatLacksItsBlankLine) {
  for (const std::string_view tail : {"data: [DONE]", "data: [DONE]\n", "data: [DONE]\r",
                                      "data: [DONE]\r\n", "data: [DONE]\r\n\r"}) {
    SseParser parser;
    events_of(parser, {"data: a\n\n", tail});
    const auto last = parser.finish();
    ASSERT_TRUE(last) << tail;
    EXPECT_EQ(last->data, "[DONE]");
    EXPECT_EQ(last->raw, tail);
    EXPECT_EQ(parser.pending(), "");
    EXPECT_FALSE(parser.finish());
  }
  SseParser empty;
  EXPECT_FALSE(empty.finish());
}

}  // namespace
}  // namespace penstock::domain
