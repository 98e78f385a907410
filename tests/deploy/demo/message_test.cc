#include "deploy/demo/wire/message.h"

#include <gtest/gtest.h>

namespace penstock::demo::wire {
namespace {

constexpr std::string_view kHead =
    "POST /v1/x?q=1 HTTP/1.1\r\nHost: a\r\nContent-Length:  5 \r\n\r\n";

TEST(MessageTest, ReadsARequestHead) {
  RequestHead head;
  ASSERT_TRUE(parse(kHead, head));
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/x?q=1");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.value("content-length"), "5");
  EXPECT_EQ(head.value("absent"), "");
  const auto plan = body_plan(head);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->framing, Framing::kLength);
  EXPECT_EQ(plan->length, 5U);
}

TEST(MessageTest, FindsTheHeadsEndOnlyWhenItIsThere) {
  EXPECT_EQ(head_end(kHead), kHead.size());
  for (std::size_t cut = 0; cut < kHead.size(); ++cut) {
    EXPECT_EQ(head_end(kHead.substr(0, cut)), std::string_view::npos);
  }
}

TEST(MessageTest, RefusesWhatIsNoHead) {
  RequestHead head;
  for (const std::string_view text :
       {"GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        " / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n: empty\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n"}) {
    EXPECT_FALSE(parse(text, head)) << text;
  }
}

TEST(MessageTest, ContradictoryFramingHasNoPlan) {
  RequestHead head;
  for (const std::string_view text :
       {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"}) {
    ASSERT_TRUE(parse(text, head)) << text;
    EXPECT_FALSE(body_plan(head)) << text;
  }
}

TEST(MessageTest, AResponseWithoutLengthEndsWithItsConnection) {
  ResponseHead head;
  ASSERT_TRUE(parse("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", head));
  EXPECT_EQ(body_plan(head, false)->framing, Framing::kUntilClose);
  EXPECT_EQ(body_plan(head, true)->framing, Framing::kNone);
  ASSERT_TRUE(parse("HTTP/1.0 204 No Content\r\n\r\n", head));
  EXPECT_EQ(head.minor_version, 0);
  EXPECT_EQ(body_plan(head, false)->framing, Framing::kNone);
}

TEST(MessageTest, ListsCompareWholeTokensWithoutCase) {
  EXPECT_TRUE(lists("keep-alive, Upgrade", "upgrade"));
  EXPECT_FALSE(lists("not-upgrade", "upgrade"));
  EXPECT_FALSE(lists("", "upgrade"));
}

TEST(ChunkReaderTest, ReadsTheSameHoweverItIsCut) {
  constexpr std::string_view kBody = "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-T: v\r\n\r\nnext";
  for (std::size_t cut = 0; cut <= kBody.size(); ++cut) {
    ChunkReader reader;
    std::string out;
    std::string_view first = kBody.substr(0, cut);
    auto state = reader.feed(first, out);
    std::string rest(first);
    rest += kBody.substr(cut);
    std::string_view second = rest;
    if (state == ChunkReader::State::kMore) {
      state = reader.feed(second, out);
    }
    EXPECT_EQ(state, ChunkReader::State::kDone) << cut;
    EXPECT_EQ(out, "hello world") << cut;
    EXPECT_EQ(second, "next") << cut;
    EXPECT_EQ(reader.trailers(), std::vector<std::string>{"X-T: v"}) << cut;
  }
}

TEST(ChunkReaderTest, RefusesBrokenChunks) {
  for (const std::string_view text : {"x\r\n", "5\nhello\r\n", "3\r\nabcd\r\n", "-1\r\n", "\r\n"}) {
    ChunkReader reader;
    std::string out;
    std::string_view input = text;
    EXPECT_EQ(reader.feed(input, out), ChunkReader::State::kBroken) << text;
  }
}

}  // namespace
}  // namespace penstock::demo::wire
