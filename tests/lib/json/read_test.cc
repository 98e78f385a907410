#include "lib/json/read.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "lib/json/near_name.h"
#include "lib/json/write.h"

namespace penstock::json {
namespace {

enum class Colour : std::uint8_t { kRed, kGreen };
constexpr auto enum_names(Colour) {
  return std::array{EnumName{Colour::kRed, "Red"}, EnumName{Colour::kGreen, "Green"}};
}

bool is_short(std::string_view text) {
  return text.size() <= 3;
}
constexpr Format kShort{"at most three letters", "", &is_short};

struct Inner {
  std::string name;
  double share = 0.5;

  static constexpr auto fields() {
    return std::tuple{Field{"name", &Inner::name, {.about = "its name", .required = true}},
                      Field{"share", &Inner::share, {.min = 0, .max = 1}}};
  }
};

struct Outer {
  bool on = false;
  std::uint8_t small = 7;
  std::int64_t large = 0;
  std::uint32_t bounded = 5;
  std::string text = "abc";
  std::chrono::milliseconds wait{1'000};
  Quantity size{1024};
  UsdPerMillion price{2'500'000};
  Colour colour = Colour::kGreen;
  std::optional<std::int32_t> maybe;
  std::vector<std::string> words;
  std::map<std::string, std::string> labels;
  Inner inner{.name = "default", .share = 0.5};
  std::vector<Inner> list;

  static constexpr auto fields() {
    using T = Outer;
    return std::tuple{Field{"on", &T::on},
                      Field{"small", &T::small},
                      Field{"large", &T::large},
                      Field{"bounded", &T::bounded, {.min = 5, .max = 10}},
                      Field{"text", &T::text, {.format = &kShort}},
                      Field{"wait", &T::wait, {.min = 1'000, .max = 60'000}},
                      Field{"size", &T::size, {.min = 1'024}},
                      Field{"price", &T::price},
                      Field{"colour", &T::colour},
                      Field{"maybe", &T::maybe, {.max = 3}},
                      Field{"words", &T::words, {.length_max = 4, .items_max = 2}},
                      Field{"labels", &T::labels, {.items_max = 2, .key_format = &kShort}},
                      Field{"inner", &T::inner},
                      Field{"list", &T::list, {.items_min = 1, .items_max = 3}}};
  }
};

struct Outcome {
  Outer outer;
  std::vector<std::string> errors;  // "path message"
  std::vector<std::string> ignored;
};

Outcome read_text(std::string_view yaml, Strictness strictness = Strictness::kStrict) {
  const Text text = parse_yaml(yaml);
  EXPECT_TRUE(text.errors.empty()) << yaml;
  Reader reader(strictness);
  Outcome outcome;
  read(reader, text.documents.at(0).value, outcome.outer);
  for (const FieldError& error : reader.errors()) {
    outcome.errors.push_back(error.path + " " + error.message);
  }
  outcome.ignored = reader.ignored();
  return outcome;
}

std::string only_error(std::string_view yaml) {
  const Outcome outcome = read_text(yaml);
  EXPECT_EQ(outcome.errors.size(), 1U) << yaml;
  return outcome.errors.empty() ? "" : outcome.errors.front();
}

TEST(ReadTest, FillsEveryKindOfMember) {
  const Outcome outcome = read_text(R"(
on: true
small: 255
large: -9223372036854775808
bounded: 10
text: xyz
wait: 1m
size: 2Ki
price: "0.15"
colour: Red
maybe: -3
words: [a, b]
labels: {k: v}
inner: {name: n, share: 1}
list: [{name: x}]
)");
  EXPECT_TRUE(outcome.errors.empty()) << outcome.errors.front();
  const Outer& outer = outcome.outer;
  EXPECT_TRUE(outer.on);
  EXPECT_EQ(outer.small, 255);
  EXPECT_EQ(outer.large, INT64_MIN);
  EXPECT_EQ(outer.bounded, 10U);
  EXPECT_EQ(outer.text, "xyz");
  EXPECT_EQ(outer.wait, std::chrono::minutes(1));
  EXPECT_EQ(outer.size.value, 2048U);
  EXPECT_EQ(outer.price.picodollars_per_token, 150'000);
  EXPECT_EQ(outer.colour, Colour::kRed);
  EXPECT_EQ(outer.maybe, -3);
  EXPECT_EQ(outer.words, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(outer.labels.at("k"), "v");
  EXPECT_EQ(outer.inner.name, "n");
  EXPECT_EQ(outer.inner.share, 1.0);
  EXPECT_EQ(outer.list.at(0).name, "x");
  EXPECT_EQ(outer.list.at(0).share, 0.5) << "an element's absent fields have its defaults";
}

TEST(ReadTest, AbsentFieldsKeepTheirDefaults) {
  const Outcome outcome = read_text("{}");
  EXPECT_TRUE(outcome.errors.empty());
  EXPECT_EQ(outcome.outer.small, 7);
  EXPECT_EQ(outcome.outer.inner.name, "default");
  EXPECT_FALSE(outcome.outer.maybe);
}

TEST(ReadTest, EachErrorNamesItsPathAndWhatWouldBeRight) {
  struct Case {
    const char* yaml;
    const char* error;
  };
  for (const Case& test : {
           Case{"on: 'yes'", "on must be true or false, not text"},
           Case{"on: 1", "on must be true or false, not a whole number"},
           Case{"small: 3.7", "small must be a whole number, not a decimal number"},
           Case{"small: 3.0", "small must be a whole number, not a decimal number"},
           Case{"small: 1e3", "small must be a whole number, not a decimal number"},
           Case{"small: '3'", "small must be a whole number, not text (remove the quotes)"},
           Case{"small: -1", "small must be between 0 and 255"},
           Case{"small: 256", "small must be between 0 and 255"},
           Case{"small: 18446744073709551615", "small must be between 0 and 255"},
           Case{"bounded: 4", "bounded must be between 5 and 10"},
           Case{"bounded: -1", "bounded must be between 5 and 10"},
           Case{"bounded: 4294967301", "bounded must be between 5 and 10"},
           Case{"large: 9223372036854775808", "large must be at most 9223372036854775807"},
           Case{"text: 12", "text must be text, not a whole number; put it in quotes"},
           Case{"text: true", "text must be text, not a boolean; put it in quotes"},
           Case{"text: ''", "text must not be empty"},
           Case{"text: abcd", "text must be at most three letters"},
           Case{"text: \"a\\n\"", "text must not hold control characters"},
           Case{"wait: 5",
                "wait must be a duration with its unit, such as 300ms, 5m or 1h30m, "
                "not a bare number"},
           Case{"wait: 999ms", "wait must be between 1s and 1m"},
           Case{"wait: 2m", "wait must be between 1s and 1m"},
           Case{"size: 1.5",
                "size must be a quantity such as 512Mi, 1Gi or a whole number of "
                "bytes, not a decimal number"},
           Case{"size: -5", "size must be at least 0"},
           Case{"size: 1000", "size must be at least 1Ki"},
           Case{"price: 2.5",
                "price must be a price in USD per 1 million tokens as a decimal "
                "string, such as \"2.50\", not a decimal number; put it in quotes"},
           Case{"colour: Gren", "colour must be one of Red, Green; did you mean \"Green\"?"},
           Case{"colour: blue-ish", "colour must be one of Red, Green"},
           Case{"maybe: 4", "maybe must be between -2147483648 and 3"},
           Case{"words: a", "words must be a list, not text"},
           Case{"words: [a, b, c]", "words must hold at most 2 entries"},
           Case{"words: [a, abcde]", "words[1] must be at most 4 characters long"},
           Case{"words: [a, ~]", "words[1] must be text, not nothing"},
           Case{"labels: [a]", "labels must be a mapping, not a list"},
           Case{"labels: {abcd: x}", "labels.abcd has a name that must be at most three letters"},
           Case{"labels: {a: x, b: x, c: x}", "labels must hold at most 2 entries"},
           Case{"inner: {share: 2, name: n}", "inner.share must be between 0 and 1"},
           Case{"inner: {}", "inner.name is required: its name"},
           Case{"inner: [1]", "inner must be a mapping, not a list"},
           Case{"list: []", "list must hold at least 1 entry"},
           Case{"list: [{name: a}, {nam: b, name: c}]",
                "list[1].nam is not a known field; did you mean \"name\"?"},
           Case{"on: ~", "on is empty; give it a value (a block of defaults is {}) or remove it"},
           Case{"ONN: true", "ONN is not a known field; did you mean \"on\"?"},
           Case{"\"bad key\": 1",
                "[bad key] is not a known field; known here: on, small, large, bounded, text, "
                "wait, size, price, colour, maybe, words, labels, inner, list"},
       }) {
    EXPECT_EQ(only_error(test.yaml), test.error) << test.yaml;
  }
}

TEST(ReadTest, CollectsEveryErrorOfADocument) {
  const Outcome outcome =
      read_text("{on: 1, small: x, list: [{name: 1}, {share: x, name: a}], unknown: 1}");
  EXPECT_EQ(outcome.errors.size(), 5U);
}

TEST(ReadTest, StopsCountingErrorsAtABound) {
  std::string yaml;
  for (int i = 0; i < 500; ++i) {
    yaml += "unknown" + std::to_string(i) + ": 1\n";
  }
  EXPECT_EQ(read_text(yaml).errors.size(), Reader::kErrorsMax);
}

TEST(ReadTest, TolerantReadingIgnoresAndReportsUnknownFieldsOnly) {
  const Outcome outcome = read_text("{new: 1, inner: {name: n, newer: {a: 1}}, on: ~, small: 300}",
                                    Strictness::kTolerant);
  EXPECT_EQ(outcome.ignored, (std::vector<std::string>{"new", "inner.newer"}));
  EXPECT_EQ(outcome.errors, (std::vector<std::string>{"small must be between 0 and 255"}));
}

TEST(ReadTest, ErrorsDoNotRepeatValues) {
  for (const char* yaml : {"on: canary", "small: canary", "text: canary", "wait: canary",
                           "size: canary", "price: canary", "colour: canary", "words: canary"}) {
    EXPECT_EQ(only_error(yaml).find("canary"), std::string::npos) << yaml;
  }
}

TEST(WriteTest, WritesWhatReadingGivesBack) {
  const Outcome first = read_text(
      "{on: true, wait: 60s, size: 3Mi, maybe: 1, words: [a], "
      "labels: {a: b}, list: [{name: x, share: 0.25}]}");
  const Value written = write(first.outer);
  EXPECT_EQ(written["wait"], "1m");
  EXPECT_EQ(written["size"], "3Mi");
  EXPECT_EQ(written["price"], "2.5");
  EXPECT_EQ(written["colour"], "Green");
  const Outcome second = read_text(written.dump());
  EXPECT_TRUE(second.errors.empty());
  EXPECT_EQ(write(second.outer), written);
  EXPECT_FALSE(write(Outer{}).contains("maybe")) << "an absent optional is left out";
}

TEST(NearNameTest, FindsTypingErrorsAndNothingElse) {
  static constexpr std::array<std::string_view, 3> kNames = {"routing", "ttl", "caching"};
  EXPECT_EQ(nearest("routng", kNames), "routing");
  EXPECT_EQ(nearest("Routing", kNames), "routing");
  EXPECT_EQ(nearest("tt", kNames), "ttl");
  EXPECT_EQ(nearest("tx", kNames), "") << "two edits of a short name is another name";
  EXPECT_EQ(nearest("batching", kNames), "caching");
  EXPECT_EQ(nearest("budgets", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
}

}  // namespace
}  // namespace penstock::json
