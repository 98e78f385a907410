#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "lib/json/text.h"

namespace penstock::json {
namespace {

std::string first_error(std::string_view json) {
  const Text text = parse_json(json);
  if (text.errors.empty()) {
    return "no error";
  }
  return std::to_string(text.errors.front().line) + ": " + text.errors.front().message;
}

TEST(JsonTextTest, ReadsOneValueWithTheLinesOfItsKeys) {
  const Text text =
      parse_json("{\n  \"a\": 1,\n  \"b\": [\n    \"x\",\n    {\"c\": null}\n  ]\n}\n");
  ASSERT_TRUE(text.errors.empty());
  ASSERT_EQ(text.documents.size(), 1U);
  EXPECT_EQ(text.documents[0].value, Value({{"a", 1}, {"b", {"x", {{"c", nullptr}}}}}));
  const Lines& lines = text.documents[0].lines;
  EXPECT_EQ(lines.find("a"), 2);
  EXPECT_EQ(lines.find("b"), 3);
  EXPECT_EQ(lines.find("b[0]"), 4);
  EXPECT_EQ(lines.find("b[1].c"), 5);
}

TEST(JsonTextTest, KeepsPairedSurrogatesAndRefusesLoneOnes) {
  EXPECT_EQ(parse_json(R"(["\ud83d\ude00"])").documents.at(0).value, Value({"\U0001f600"}));
  EXPECT_EQ(first_error(R"(["\ud83d"])"), "1: is not valid JSON");
}

TEST(JsonTextTest, RefusesDuplicatesDepthAndWhatIsNotJson) {
  EXPECT_EQ(first_error("{\"a\": 1,\n\"a\": 2}"),
            "2: key a stands twice in one mapping, first on line 1");
  EXPECT_EQ(first_error("{\n\"a\": tru\n}"), "2: is not valid JSON");
  EXPECT_EQ(first_error("{} {}"), "1: is not valid JSON");
  EXPECT_EQ(first_error("{\"a\": 1e999}"), "1: is not valid JSON");
  EXPECT_EQ(first_error("// x\n{}"), "1: is not valid JSON");
  EXPECT_EQ(first_error(""), "1: is not valid JSON");
  EXPECT_NE(first_error(std::string(100'000, '[')).find("deeper than 32"), std::string::npos);
  EXPECT_NE(first_error("[\"\xc0\x80\"]").find("not valid UTF-8"), std::string::npos);
}

TEST(JsonTextTest, BoundsTheNumberOfValues) {
  std::string many = "[0";
  for (std::size_t i = 1; i < kNodesMax; ++i) {
    many += ",0";
  }
  EXPECT_NE(first_error(many + "]").find("more than 100000 values"), std::string::npos);
}

// What a parser quotes in its own message may be a key that somebody pasted.
TEST(JsonTextTest, ErrorsDoNotRepeatTheText) {
  EXPECT_EQ(first_error("{\"a\": sk-canary-123}").find("canary"), std::string::npos);
}

}  // namespace
}  // namespace penstock::json
