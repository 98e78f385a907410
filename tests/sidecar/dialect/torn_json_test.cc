#include "sidecar/dialect/torn_json.h"

#include <string>

#include <gtest/gtest.h>

#include "sidecar/domain/json_tree.h"
#include "tests/sidecar/dialect/fed_in_pieces.h"

namespace penstock::dialect {
namespace {

using State = TornJson::State;

TEST(TornJsonTest, WhatWasBegunIsEndedAndAnotherMemberCanFollow) {
  struct Case {
    std::string_view begun;
    std::string_view rest;
  };
  for (const Case& each : {
           // Between tokens.
           Case{"{", ""},
           Case{" { ", ""},
           Case{R"({"a":1,)", ""},
           Case{R"({"a")", ":null,"},
           Case{R"({"a":)", "null,"},
           Case{R"({"a":"b")", ","},
           Case{R"({"a":{)", "},"},
           Case{R"({"a":{"b":1,)", R"("":null},)"},
           Case{R"({"a":{"b")", ":null},"},
           Case{R"({"a":{"b":)", "null},"},
           Case{R"({"a":[)", "],"},
           Case{R"({"a":[1,)", "null],"},
           Case{R"({"a":[{"b":[]} )", "],"},
           Case{R"({"a":[[{"b":{})", "}]],"},
           // In a string.
           Case{R"({")", R"(":null,)"},
           Case{R"({"a":")", R"(",)"},
           Case{R"({"a":"}{\"][)", R"(",)"},
           Case{R"({"a":"\)", R"(\",)"},
           Case{R"({"a":"\\)", R"(",)"},
           Case{R"({"a":"\u)", R"(0000",)"},
           Case{R"({"a":"\u00e)", R"(0",)"},
           Case{R"({"a":"\ud83d)", R"(\udc00",)"},
           Case{R"({"a":"\ud8)", R"(00\udc00",)"},
           Case{R"({"a":"\ud83d\)", R"(udc00",)"},
           Case{R"({"a":"\ud83d\u)", R"(dc00",)"},
           Case{R"({"a":"\ud83d\ude)", R"(00",)"},
           Case{R"({"a":"\ud83d\ude80)", R"(",)"},
           Case{"{\"a\":\"\xC3", "\x80\","},
           Case{"{\"a\":\"\xE0", "\xA0\x80\","},
           Case{"{\"a\":\"\xE6\xB0", "\x80\","},
           Case{"{\"a\":\"\xF0", "\x90\x80\x80\","},
           Case{"{\"a\":\"\xF0\x9F\x9A", "\x80\","},
           Case{"{\"a\":\"\xF0\x9F\x9A\x80", "\","},
           // In a number or a name.
           Case{R"({"a":-)", "0,"},
           Case{R"({"a":12)", ","},
           Case{R"({"a":1.)", "0,"},
           Case{R"({"a":1.5e)", "0,"},
           Case{R"({"a":1E+)", "0,"},
           Case{R"({"a":[t)", "rue],"},
           Case{R"({"a":fals)", "e,"},
           Case{R"({"a":null)", ","},
       }) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, each.begun.size()}) {
      const TornJson json = fed_in_pieces<TornJson>(each.begun, piece);
      ASSERT_EQ(json.state(), State::kOpen) << each.begun << " by " << piece;
      EXPECT_EQ(json.rest(), each.rest) << each.begun << " by " << piece;
    }
  }
}

TEST(TornJsonTest, WhatIsWholeAndWhatIsNoObjectIsTold) {
  for (const std::string_view whole : {"{}", " {\"a\":[{}]} ", R"({"a":"}"})"}) {
    EXPECT_EQ(fed_in_pieces<TornJson>(whole).state(), State::kWhole) << whole;
  }
  for (const std::string_view blank : {"", " \n"}) {
    EXPECT_EQ(fed_in_pieces<TornJson>(blank).state(), State::kBlank) << blank;
  }
  for (const std::string_view other : {"[",
                                       "[1",
                                       "[DON",
                                       "\"a",
                                       "1",
                                       "x",
                                       "{]",
                                       "{}}",
                                       "{} x",
                                       "{1",
                                       "{,",
                                       "{:",
                                       R"({"a"})",
                                       R"({"a":})",
                                       R"({"a":b)",
                                       R"({"a",)",
                                       R"({"a":1:)",
                                       R"({"a":1 2)",
                                       R"({"a":1,}", R"({"a":[,)",
                                       R"({"a":[1,])",
                                       R"({"a":[:)",
                                       R"({"a":nul,)",
                                       R"({"a":nulls)",
                                       R"({"a":1.,)",
                                       R"({"a":1x)",
                                       R"({"a":.)",
                                       R"({"a"1)"}) {
    EXPECT_EQ(fed_in_pieces<TornJson>(other).state(), State::kUnreadable) << other;
    EXPECT_EQ(fed_in_pieces<TornJson>(other, 1).state(), State::kUnreadable) << other;
  }
}

TEST(TornJsonTest, DepthIsBounded) {
  std::string deep = "{\"a\":";
  deep.append(TornJson::kDepthMax - 1, '[');
  EXPECT_EQ(fed_in_pieces<TornJson>(deep).state(), State::kOpen);
  EXPECT_EQ(fed_in_pieces<TornJson>(deep).rest(), std::string(TornJson::kDepthMax - 1, ']') + ",");
  EXPECT_EQ(fed_in_pieces<TornJson>(deep + "[").state(), State::kUnreadable);
}

TEST(TornJsonTest, WhereverAnObjectIsTornAReaderTakesWhatItBecomes) {
  const std::string whole =
      R"({ "id" : "é水🚀 \"\\\/\b \u00e9 \ud83d\ude80" , "n" : [ -1.25e-3 , 0 , [ ] , { } , [ { "a" : [ 1 ] } ] ],)"
      R"("t":true,"f":false,"z":null,"o":{"y":"","k":{"l":[[]]}}})";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::string begun = whole.substr(0, size);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, size}) {
      const TornJson json = fed_in_pieces<TornJson>(begun, piece);
      ASSERT_EQ(json.state(), State::kOpen) << begun;
      const std::string made = begun + json.rest() + R"("error":{"message":"m"}})";
      domain::JsonTree tree;
      EXPECT_EQ(tree.parse(made), std::nullopt) << made;
    }
  }
}

}  // namespace
}  // namespace penstock::dialect
