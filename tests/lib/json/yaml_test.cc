#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "lib/json/text.h"

namespace penstock::json {
namespace {

Value only(std::string_view yaml) {
  Text text = parse_yaml(yaml);
  EXPECT_TRUE(text.errors.empty()) << yaml << ": " << text.errors.front().message;
  EXPECT_EQ(text.documents.size(), 1U) << yaml;
  return text.documents.empty() ? Value() : text.documents.front().value;
}

std::string first_error(std::string_view yaml) {
  const Text text = parse_yaml(yaml);
  if (text.errors.empty()) {
    return "no error";
  }
  return std::to_string(text.errors.front().line) + ": " + text.errors.front().message;
}

// Chapter 10.3.2 of YAML 1.2.2, and the traps of 1.1 that it removed.
TEST(YamlScalarTest, FollowsTheCoreSchema) {
  struct Case {
    const char* yaml;
    Value value;
  };
  for (const Case& test : {
           Case{"true", true},
           Case{"True", true},
           Case{"FALSE", false},
           Case{"no", "no"},
           Case{"yes", "yes"},
           Case{"on", "on"},
           Case{"Off", "Off"},
           Case{"y", "y"},
           Case{"tRUE", "tRUE"},
           Case{"nULL", "nULL"},
           Case{"12", 12},
           Case{"-12", -12},
           Case{"+12", 12},
           Case{"0o17", 15},
           Case{"017", 17},
           Case{"0x1F", 31},
           Case{"-0x1F", "-0x1F"},
           Case{"0b11", "0b11"},
           Case{"1_000", "1_000"},
           Case{"0o8", "0o8"},
           Case{"12:30:45", "12:30:45"},
           Case{"1e3", 1000.0},
           Case{"1.5", 1.5},
           Case{"-.5", -0.5},
           Case{"5.", 5.0},
           Case{"+1.5E-1", 0.15},
           Case{"1.2.3", "1.2.3"},
           Case{".", "."},
           Case{"1e", "1e"},
           Case{"-", Value::array({nullptr})},
           Case{"2026-11-21", "2026-11-21"},
           Case{"\"12\"", "12"},
           Case{"'true'", "true"},
           Case{"\"null\"", "null"},
           Case{"''", ""},
           Case{"|\n  12\n", "12\n"},
           Case{">-\n  true\n", "true"},
           Case{"!!str 12", "12"},
           Case{"9223372036854775807", INT64_MAX},
           Case{"18446744073709551615", UINT64_MAX},
           Case{"-9223372036854775808", INT64_MIN},
       }) {
    const Value value = only(test.yaml);
    EXPECT_EQ(value, test.value) << test.yaml;
    EXPECT_EQ(value.is_number_integer(), test.value.is_number_integer()) << test.yaml;
    EXPECT_EQ(value.is_string(), test.value.is_string()) << test.yaml;
  }
}

TEST(YamlScalarTest, NullInItsFourSpellings) {
  EXPECT_EQ(only("{a: , b: ~, c: null, d: NULL, e: '~'}"),
            Value({{"a", nullptr}, {"b", nullptr}, {"c", nullptr}, {"d", nullptr}, {"e", "~"}}));
}

TEST(YamlScalarTest, RefusesWhatJsonCannotHold) {
  for (const char* yaml : {"a: .inf", "a: -.Inf", "a: .nan", "a: 1e999", "a: 18446744073709551616",
                           "a: -9223372036854775809"}) {
    EXPECT_EQ(first_error(yaml), "1: holds a number that is out of range or not finite") << yaml;
  }
}

TEST(YamlTest, KeysAreTextWhateverTheyLookLike) {
  EXPECT_EQ(only("{8080: a, true: b, 'x': c}"), Value({{"8080", "a"}, {"true", "b"}, {"x", "c"}}));
}

TEST(YamlTest, ReadsSeveralDocumentsAndLeavesOutEmptyOnes) {
  const Text text = parse_yaml("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n");
  ASSERT_TRUE(text.errors.empty());
  ASSERT_EQ(text.documents.size(), 2U);
  EXPECT_EQ(text.documents[1].value, Value({{"b", 2}}));
  EXPECT_EQ(text.documents[1].lines.line, 7);
  EXPECT_TRUE(parse_yaml("").documents.empty());
  EXPECT_TRUE(parse_yaml("# only a comment\n").documents.empty());
}

TEST(YamlTest, KeepsTheLineOfEveryValue) {
  const Text text = parse_yaml(
      "spec:\n"
      "  ttl:\n"
      "    5m\n"
      "  routes:\n"
      "    - name: a\n"
      "    - name: b\n"
      "      x-team: {deep: 1}\n"
      "  labels:\n"
      "    app.io/name: c\n");
  ASSERT_EQ(text.documents.size(), 1U);
  const Lines& lines = text.documents.front().lines;
  EXPECT_EQ(lines.find("spec.ttl"), 2) << "a member stands where its key does";
  EXPECT_EQ(lines.find("spec.routes[0].name"), 5);
  EXPECT_EQ(lines.find("spec.routes[1]"), 6);
  EXPECT_EQ(lines.find("spec.routes[1].x-team.deep"), 7);
  EXPECT_EQ(lines.find("spec.labels[app.io/name]"), 9);
  EXPECT_EQ(lines.find("spec.routes[1].missing"), 6) << "the nearest that exists";
  EXPECT_EQ(lines.find("spec.routes[7]"), 4);
  EXPECT_EQ(lines.find("nothing"), 1);
  EXPECT_EQ(lines.find(""), 1);
  EXPECT_EQ(lines.find("[[]..["), 1) << "a broken path finds the document";
}

TEST(YamlTest, DuplicateKeysAreErrorsAndTheFirstStays) {
  const Text text = parse_yaml("a: 1\nb: {c: 1, d: 2, c: 3}\na: {e: 4}\n");
  ASSERT_EQ(text.errors.size(), 2U);
  EXPECT_EQ(text.errors[0].line, 2);
  EXPECT_EQ(text.errors[0].message, "key c stands twice in one mapping, first on line 2");
  EXPECT_EQ(text.errors[1].line, 3);
  EXPECT_EQ(text.errors[1].message, "key a stands twice in one mapping, first on line 1");
  EXPECT_EQ(text.documents.at(0).value, Value({{"a", 1}, {"b", {{"c", 1}, {"d", 2}}}}));
}

TEST(YamlTest, ExpandsAliases) {
  EXPECT_EQ(only("a: &x {n: 1}\nb: *x\nc: [*x, &y 2, *y]\n"),
            Value({{"a", {{"n", 1}}}, {"b", {{"n", 1}}}, {"c", {{{"n", 1}}, 2, 2}}}));
}

TEST(YamlTest, RefusesAnAliasBomb) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) {
      bomb += (k == 0 ? "" : ", ") + before;
    }
    bomb += "]\n";
  }
  EXPECT_NE(first_error(bomb).find("more than 100000 values"), std::string::npos);
  EXPECT_NE(first_error("a: &a [*a]").find("not complete"), std::string::npos);
}

TEST(YamlTest, BoundsDepthSizeAndKeys) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(first_error(nested(kDepthMax)), "no error");
  EXPECT_NE(first_error(nested(kDepthMax + 1)).find("deeper than 32"), std::string::npos);
  EXPECT_NE(first_error(nested(100'000)).find("deeper than 32"), std::string::npos);
  EXPECT_NE(first_error(std::string(kTextBytesMax + 1, ' ')).find("larger than"),
            std::string::npos);
  EXPECT_EQ(first_error(std::string(kKeyBytesMax, 'k') + ": 1"), "no error");
  EXPECT_NE(first_error(std::string(kKeyBytesMax + 1, 'k') + ": 1").find("key longer than"),
            std::string::npos);
}

TEST(YamlTest, RefusesWhatItCannotTellApart) {
  EXPECT_NE(first_error("a: [1").find("is not valid YAML"), std::string::npos);
  EXPECT_EQ(first_error("a: 1\nb: \"\\q\"\n").substr(0, 20), "2: is not valid YAML");
  EXPECT_NE(first_error("a: \xff").find("not valid UTF-8"), std::string::npos);
  EXPECT_NE(first_error("a: \xed\xa0\x80").find("not valid UTF-8"), std::string::npos);
  EXPECT_NE(first_error("base: &b {x: 1}\nother:\n  <<: *b\n").find("3: merge keys"),
            std::string::npos);
  EXPECT_NE(first_error("? [a, b]\n: 1\n").find("a key must be a plain name"), std::string::npos);
  EXPECT_NE(first_error("a: &k x\n*k : 1\n").find("alias cannot be a key"), std::string::npos);
  EXPECT_NE(first_error("a: !!python/object x").find("tags other than"), std::string::npos);
  EXPECT_NE(first_error("a: !secret {b: 1}").find("tags other than"), std::string::npos);
}

}  // namespace
}  // namespace penstock::json
