#include "sidecar/dialect/streamed_json.h"

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::dialect {
namespace {

using Wanted = StreamedJson::Wanted;

constexpr std::array kWanted = {Wanted{"", "usage"}, Wanted{"", "model"},
                                Wanted{"choices", "finish_reason"}, Wanted{"", "choices", true}};

struct Found {
  std::string usage;
  std::string model;
  std::string reasons;
  std::uint64_t choices_bytes = 0;
  bool complete = false;
  bool broken = false;
  bool operator==(const Found&) const = default;
  friend void PrintTo(const Found& found, std::ostream* out) {
    *out << found.usage << ' ' << found.model << ' ' << found.reasons << ' ' << found.choices_bytes
         << ' ' << found.complete << found.broken;
  }
};

Found scan(const std::vector<std::string_view>& pieces) {
  StreamedJson json(kWanted);
  for (const std::string_view piece : pieces) {
    const auto block = std::make_unique<char[]>(piece.size());
    if (!piece.empty()) {
      std::memcpy(block.get(), piece.data(), piece.size());
    }
    json.feed({block.get(), piece.size()});
  }
  return {std::string(json.captured(0)),
          std::string(json.captured(1)),
          std::string(json.captured(2)),
          json.value_bytes(3),
          json.complete(),
          json.broken()};
}

struct Case {
  const char* name;
  std::string input;
  Found found;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"Plain",
       R"({"model":"m","usage":{"a":[1,"}"]}})",
       {R"({"a":[1,"}"]})", R"("m")", "", 0, true, false}},
      {"Spaced",
       " {\n \"usage\" : 12 ,\t\"model\":null } \r\n",
       {"12", "null", "", 0, true, false}},
      {"NestedDoesNotCount",
       R"({"x":{"usage":1,"choices":[{"finish_reason":"no"}]},"y":["usage",{"model":2}]})",
       {"", "", "", 0, true, false}},
      {"TextDoesNotCount",
       R"({"x":"\",\"usage\":1,","model":"a\\"})",
       {"", R"("a\\")", "", 0, true, false}},
      {"EscapedKeyMatchesNothing",
       R"({"\u0075sage":1,"usage\u0020":2})",
       {"", "", "", 0, true, false}},
      {"LastOfARepeatedKey", R"({"model":"a","model":"b"})", {"", R"("b")", "", 0, true, false}},
      {"Choices",
       R"({"choices":[{"message":{"finish_reason":"no"},"finish_reason":"stop"}, {"finish_reason":null}]})",
       {"", "", R"("stop",null)", 83, true, false}},
      {"ChoicesEmpty", R"({"choices":[],"model":1})", {"", "1", "", 2, true, false}},
      {"ChoicesOfScalars",
       R"({"choices":[1,"a",[{"finish_reason":1}],{}],"model":1})",
       {"", "1", "", 32, true, false}},
      {"ChoicesNoArray", R"({"choices":null,"model":1})", {"", "1", "", 4, true, false}},
      {"Empty", "{}", {"", "", "", 0, true, false}},
      {"Nothing", "", {"", "", "", 0, false, false}},
      {"Unfinished",
       R"({"model":"m","usage":{"a":1)",
       {R"({"a":1)", R"("m")", "", 0, false, false}},
      {"NoObject", "[1]", {"", "", "", 0, false, true}},
      {"Html", "<html>", {"", "", "", 0, false, true}},
      {"NoColon", R"({"model" "m"})", {"", "", "", 0, false, true}},
      {"NoValue", R"({"model":,"usage":1})", {"", "", "", 0, false, true}},
      {"Tail", "{} x", {"", "", "", 0, false, true}},
  };
  return kCases;
}

TEST(StreamedJsonTest, FindsWhatIsWanted) {
  for (const Case& each : cases()) {
    EXPECT_EQ(scan({each.input}), each.found) << each.name;
  }
}

TEST(StreamedJsonTest, EveryCutFindsTheSame) {
  for (const Case& each : cases()) {
    const std::string_view input = each.input;
    std::vector<std::string_view> bytes;
    for (std::size_t cut = 0; cut <= input.size(); ++cut) {
      ASSERT_EQ(scan({input.substr(0, cut), input.substr(cut)}), each.found) << each.name << cut;
      bytes.push_back(input.substr(cut, 1));
    }
    EXPECT_EQ(scan(bytes), each.found) << each.name;
  }
}

TEST(StreamedJsonTest, ACaptureIsBounded) {
  const std::string longest(StreamedJson::kCaptureBytesMax - 2, 'x');
  EXPECT_EQ(scan({"{\"model\":\"", longest, "\"}"}).model.size(), StreamedJson::kCaptureBytesMax);
  const Found over = scan({"{\"model\":\"x", longest, "\",\"usage\":1}"});
  EXPECT_EQ(over.model, "");
  EXPECT_EQ(over.usage, "1");
  EXPECT_TRUE(over.complete);
}

TEST(StreamedJsonTest, LongKeysAndDeepNestingCostNothing) {
  const std::string key(100'000, 'k');
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const Found found = scan({"{\"", key, "\":", deep, ",\"model\":1}"});
  EXPECT_EQ(found.model, "1");
  EXPECT_TRUE(found.complete);
}

}  // namespace
}  // namespace penstock::dialect
