#include "operator/collect/answer.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::collect {
namespace {

const std::string kGood =
    "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nX-Penstock-Policy: abc\r\nx-penstock-version:0.1.0\r\n"
    "x-penstock-policy-problem: refused\r\n\r\nbody";

TEST(AnswerTest, IsReadOnceItIsWhole) {
  Answer answer;
  for (std::size_t size = 0; size < kGood.size(); ++size) {
    EXPECT_EQ(read_answer(kGood.substr(0, size), answer), AnswerState::kIncomplete) << size;
  }
  ASSERT_EQ(read_answer(kGood, answer), AnswerState::kComplete);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.hash, "abc");
  EXPECT_EQ(answer.version, "0.1.0");
  EXPECT_EQ(answer.problem, "refused");
  EXPECT_TRUE(answer.keep_alive);
}

TEST(AnswerTest, AnotherServersAnswerSaysNothing) {
  Answer answer;
  ASSERT_EQ(read_answer("HTTP/1.1 404 Not Found\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n",
                        answer),
            AnswerState::kComplete);
  EXPECT_EQ(answer.hash, "");
  EXPECT_FALSE(answer.keep_alive);
}

TEST(AnswerTest, WhatIsNoAnswerIsBroken) {
  Answer answer;
  for (const std::string text :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 xyz\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"}) {
    EXPECT_EQ(read_answer(text, answer), AnswerState::kBroken) << text;
  }
  EXPECT_EQ(read_answer(std::string(kAnswerBytesMax + 1, 'x'), answer), AnswerState::kBroken);
}

TEST(AnswerTest, WhatIsNotShortAndPrintableIsNotTaken) {
  Answer answer;
  const std::string text =
      "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-penstock-policy: a\x01"
      "b\r\n" +
      ("x-penstock-version: " + std::string(200, 'v')) + "\r\n\r\n";
  ASSERT_EQ(read_answer(text, answer), AnswerState::kComplete);
  EXPECT_EQ(answer.hash, "");
  EXPECT_EQ(answer.version, "");
}

}  // namespace
}  // namespace penstock::collect
