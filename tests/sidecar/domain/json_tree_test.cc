#include "sidecar/domain/json_tree.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

struct Refused {
  const char* name;
  std::string body;
  BypassReason reason;
};

class JsonTreeRefusalTest : public testing::TestWithParam<Refused> {};

TEST_P(JsonTreeRefusalTest, SaysWhy) {
  JsonTree tree;
  EXPECT_EQ(tree.parse(GetParam().body), GetParam().reason);
}

using enum BypassReason;

INSTANTIATE_TEST_SUITE_P(
    Bodies, JsonTreeRefusalTest,
    testing::Values(
        Refused{"Empty", "", kUnparsable}, Refused{"OnlySpace", " \n", kUnparsable},
        Refused{"TwoDocuments", "{} {}", kUnparsable},
        Refused{"TrailingComma", "[1,]", kUnparsable}, Refused{"LeadingComma", "[,1]", kUnparsable},
        Refused{"MissingComma", "[1 2]", kUnparsable},
        Refused{"MissingColon", R"({"a" 1})", kUnparsable},
        Refused{"MissingValue", R"({"a":})", kUnparsable},
        Refused{"NumberAsKey", "{1:2}", kUnparsable},
        Refused{"OpenObject", R"({"a":1)", kUnparsable}, Refused{"OpenArray", "[1", kUnparsable},
        Refused{"OpenString", R"("abc)", kUnparsable}, Refused{"WrongBracket", "[1}", kUnparsable},
        Refused{"Comment", "{}//x", kUnparsable},
        Refused{"ByteOrderMark", "\xef\xbb\xbf{}", kUnparsable},
        Refused{"UpperCaseTrue", "True", kUnparsable}, Refused{"NotANumber", "NaN", kUnparsable},
        Refused{"CutLiteral", "nul", kUnparsable}, Refused{"LeadingZero", "01", kUnparsable},
        Refused{"PlusSign", "+1", kUnparsable}, Refused{"LoneMinus", "-", kUnparsable},
        Refused{"NoFraction", "1.", kUnparsable}, Refused{"NoInteger", ".5", kUnparsable},
        Refused{"NoExponent", "1e", kUnparsable}, Refused{"Hexadecimal", "0x10", kUnparsable},
        Refused{"RawNewlineInString", "\"a\nb\"", kUnparsable},
        Refused{"RawNulInString", std::string("\"a\0b\"", 5), kUnparsable},
        Refused{"UnknownEscape", R"("\q")", kUnparsable}, Refused{"CutEscape", "\"\\", kUnparsable},
        Refused{"ShortUnicodeEscape", R"("\u12")", kUnparsable},
        Refused{"BadUnicodeEscape", R"("\u12g4")", kUnparsable},
        Refused{"HighSurrogateAlone", R"("\ud800")", kLoneSurrogate},
        Refused{"HighSurrogateBeforeText", R"("\ud800x")", kLoneSurrogate},
        Refused{"HighSurrogateBeforeEscape", R"("\ud800\n")", kLoneSurrogate},
        Refused{"TwoHighSurrogates", R"("\ud800\ud800")", kLoneSurrogate},
        Refused{"LowSurrogateAlone", R"("\uDC00")", kLoneSurrogate},
        Refused{"LowSurrogateInKey", R"({"\udfff":1})", kLoneSurrogate},
        Refused{"CutUtf8", "\"\xc3\"", kInvalidUtf8},
        Refused{"OverlongUtf8", "\"\xc0\xaf\"", kInvalidUtf8},
        Refused{"SurrogateInUtf8", "\"\xed\xa0\x80\"", kInvalidUtf8},
        Refused{"Depth65", std::string(65, '[') + std::string(65, ']'), kTooDeep}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(JsonTreeTest, TakesTheDeepestAllowed) {
  JsonTree tree;
  EXPECT_EQ(tree.parse(std::string(64, '[') + std::string(64, ']')), std::nullopt);
}

TEST(JsonTreeTest, ScalarsMayStandAtTheLastDepth) {
  JsonTree tree;
  EXPECT_EQ(tree.parse(std::string(64, '[') + "1" + std::string(64, ']')), std::nullopt);
}

TEST(JsonTreeTest, BoundsTheNumberOfValues) {
  // The array itself is one value, so this is the largest that fits.
  std::string body = "[0";
  for (std::size_t i = 2; i < JsonTree::kNodesMax; ++i) {
    body += ",0";
  }
  JsonTree tree;
  EXPECT_EQ(tree.parse(body + "]"), std::nullopt);
  EXPECT_EQ(tree.parse(body + ",0]"), kTooComplex);
}

TEST(JsonTreeTest, FindsMembersAndKeepsOffsets) {
  const std::string body = R"( {"a" : [1, "x\ty", {}], "\u0062":-0.50e1, "c":null} )";
  JsonTree tree;
  ASSERT_EQ(tree.parse(body), std::nullopt);
  const JsonValue root = tree.root();
  EXPECT_EQ(root.size(), 3U);
  const auto b = root.find("b");
  ASSERT_TRUE(b);
  EXPECT_EQ(b->text(), "-0.50e1");
  EXPECT_EQ(body.substr(b->offset(), b->raw().size()), "-0.50e1");
  EXPECT_TRUE(root.find("c")->is(JsonType::kNull));
  EXPECT_FALSE(root.find("d"));
  EXPECT_FALSE(b->find("a"));

  std::string seen;
  root.find("a")->each_element([&seen](JsonValue element) {
    seen += std::string(element.text()) + "|" + std::string(element.raw()) + ";";
    return true;
  });
  EXPECT_EQ(seen, "1|1;x\ty|\"x\\ty\";{}|{};");
}

TEST(JsonTreeTest, ResolvesEveryEscape) {
  JsonTree tree;
  ASSERT_EQ(tree.parse(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00\u0000.")"), std::nullopt);
  EXPECT_EQ(tree.root().text(),
            std::string("\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\0.", 20));
}

TEST(JsonTreeTest, StringsOfEveryLengthAroundTheBlockSize) {
  JsonTree tree;
  for (std::size_t length = 0; length < 70; ++length) {
    const std::string text(length, 'x');
    const std::string body = "[\"" + text + "\",\"" + text + "\\n\"]";
    ASSERT_EQ(tree.parse(body), std::nullopt);
    std::string joined;
    tree.root().each_element([&joined](JsonValue element) {
      joined += element.text();
      return true;
    });
    EXPECT_EQ(joined, text + text + "\n");
  }
}

TEST(JsonTreeTest, StopsAVisitEarly) {
  JsonTree tree;
  ASSERT_EQ(tree.parse("[1,2,3]"), std::nullopt);
  int visits = 0;
  EXPECT_FALSE(tree.root().each_element([&visits](JsonValue) { return ++visits < 2; }));
  EXPECT_EQ(visits, 2);
}

}  // namespace
}  // namespace penstock::domain
