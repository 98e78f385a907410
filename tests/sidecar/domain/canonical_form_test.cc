#include "sidecar/domain/canonical_form.h"

#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

bool is_excluded(std::string_view name) {
  return name == "stream" || name == "user";
}

std::string canonical(std::string_view body) {
  CanonicalForm form;
  const auto result = form.write(body, &is_excluded);
  return result.ok ? std::string(result.bytes) : "refused: " + std::string(label(result.reason));
}

struct Pair {
  const char* name;
  const char* one;
  const char* other;
};

class SameKeyTest : public testing::TestWithParam<Pair> {};
TEST_P(SameKeyTest, Meet) {
  EXPECT_EQ(canonical(GetParam().one), canonical(GetParam().other));
  EXPECT_FALSE(canonical(GetParam().one).starts_with("refused"));
}

INSTANTIATE_TEST_SUITE_P(
    Requests, SameKeyTest,
    testing::Values(Pair{"Order", R"({"a":1,"b":2})", R"({"b":2,"a":1})"},
                    Pair{"OrderWithin", R"({"m":[{"role":"u","content":"x"}]})",
                         R"({"m":[{"content":"x","role":"u"}]})"},
                    Pair{"Space", R"({"a":[1,2]})", "\t{ \"a\" :\r\n[ 1 , 2 ] } "},
                    Pair{"NumberSpelling", R"({"t":1,"p":0.5})", R"({"t":1.0,"p":5e-1})"},
                    Pair{"Escapes", R"({"m":"é/"})", R"({"\u006d":"\u00e9\/"})"},
                    Pair{"SurrogatePair", "{\"m\":\"\xf0\x9f\x98\x80\"}",
                         R"({"m":"\uD83D\uDE00"})"},
                    Pair{"Excluded", R"({"a":1})", R"({"stream":true,"user":{"id":[1]},"a":1})"},
                    Pair{"ExcludedByEscapedName", R"({"a":1})", R"({"strea\u006d":true,"a":1})"}),
    [](const auto& test) { return std::string(test.param.name); });

class OtherKeyTest : public testing::TestWithParam<Pair> {};
TEST_P(OtherKeyTest, DoNotMeet) {
  EXPECT_NE(canonical(GetParam().one), canonical(GetParam().other));
  EXPECT_FALSE(canonical(GetParam().one).starts_with("refused"));
  EXPECT_FALSE(canonical(GetParam().other).starts_with("refused"));
}

INSTANTIATE_TEST_SUITE_P(
    Requests, OtherKeyTest,
    testing::Values(Pair{"Trimmed", R"({"m":"x"})", R"({"m":"x "})"},
                    Pair{"Case", R"({"m":"x"})", R"({"m":"X"})"},
                    Pair{"ArrayOrder", R"({"a":[1,2]})", R"({"a":[2,1]})"},
                    Pair{"UnknownMember", R"({"a":1})", R"({"a":1,"zzz":null})"},
                    Pair{"NullIsNotAbsent", R"({"a":null})", R"({})"},
                    Pair{"NumberIsNotText", R"({"a":1})", R"({"a":"1"})"},
                    Pair{"TrueIsNotOne", R"({"a":true})", R"({"a":1})"},
                    Pair{"EmptyContainers", R"({"a":[]})", R"({"a":{}})"},
                    Pair{"ExcludedOnlyOutermost", R"({"a":{}})", R"({"a":{"stream":true}})"},
                    Pair{"NearDecimals", R"({"t":0.1})", R"({"t":0.10000000000000001})"},
                    Pair{"BigIntegers", R"({"seed":18446744073709551616})",
                         R"({"seed":18446744073709551617})"},
                    Pair{"Normalisation", R"({"m":"\u00e9"})", R"({"m":"e\u0301"})"},
                    Pair{"Nesting", R"({"a":[[1],[2]]})", R"({"a":[[1,[2]]]})"},
                    Pair{"BorderOfStrings", R"({"a":["xy","z"]})", R"({"a":["x","yz"]})"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(CanonicalFormTest, RefusesWhatServersReadDifferently) {
  EXPECT_EQ(canonical(R"({"a":1,"a":1})"), "refused: duplicate_key");
  EXPECT_EQ(canonical(R"({"a":1,"b":{"c":[{"x":1,"\u0078":2}]}})"), "refused: duplicate_key");
  EXPECT_EQ(canonical(R"({"stream":1,"stream":1})"), "refused: duplicate_key");
  EXPECT_EQ(canonical(R"({"user":{"a":1,"a":2}})"), "refused: duplicate_key");
  EXPECT_EQ(canonical("[]"), "refused: not_object");
  EXPECT_EQ(canonical("1"), "refused: not_object");
  EXPECT_EQ(canonical("{"), "refused: unparsable");
}

TEST(CanonicalFormTest, SaysHowLongEverythingIs) {
  using namespace std::string_literals;
  EXPECT_EQ(canonical(R"({"b":[true,null],"a":"x"})"),
            "o\2\0\0\0"s + "s\1\0\0\0a"s + "s\1\0\0\0x"s + "s\1\0\0\0b"s + "a\2\0\0\0tz"s);
  EXPECT_EQ(canonical(R"({"n":-1.50})"), "o\1\0\0\0"s + "s\1\0\0\0n"s + "n\7\0\0\0d-15e-1"s);
}

// A random document, written twice in different spellings.
class TwinWriter {
 public:
  explicit TwinWriter(std::uint32_t seed) : pick_(seed) {}

  struct Twins {
    std::string one;
    std::string other;
  };

  Twins object(int depth) {
    std::map<std::string, Twins> members;
    for (auto i = pick_() % 6; i > 0; --i) {
      const std::string key = "k" + std::to_string(pick_() % 1000);
      members[key] = value(depth + 1);
    }
    Twins twins = {"{", "{"};
    std::vector<std::string> other;
    for (const auto& [key, member] : members) {
      twins.one += (twins.one.size() > 1 ? "," : "") + ("\"" + key + "\":") + member.one;
      other.push_back(space() + "\"" + escaped(key) + "\"" + space() + ":" + space() +
                      member.other);
    }
    for (std::size_t i = other.size(); i > 1; --i) {
      std::swap(other[i - 1], other[pick_() % i]);
    }
    for (const std::string& member : other) {
      twins.other += (twins.other.size() > 1 ? "," : "") + member + space();
    }
    return {twins.one + "}", twins.other + "}"};
  }

 private:
  Twins value(int depth) {
    switch (pick_() % (depth < 6 ? 7 : 5)) {
      case 0: return {"null", "null"};
      case 1: return {"true", "true"};
      case 2: {
        const std::string digits = std::to_string(pick_() % 100000);
        return {digits, digits + "00e-2"};
      }
      case 3: {
        const std::string digits = std::to_string(pick_() % 1000);
        return {"0." + digits + "1", "0." + digits + "1000"};
      }
      case 4: {
        const std::string text = "t" + std::to_string(pick_());
        return {"\"" + text + "\"", "\"" + escaped(text) + "\""};
      }
      case 5: return array(depth);
      default: return object(depth);
    }
  }

  Twins array(int depth) {
    Twins twins = {"[", "["};
    for (auto i = pick_() % 4; i > 0; --i) {
      const Twins element = value(depth + 1);
      twins.one += (twins.one.size() > 1 ? "," : "") + element.one;
      twins.other += (twins.other.size() > 1 ? "," : "") + space() + element.other + space();
    }
    return {twins.one + "]", twins.other + "]"};
  }

  std::string space() { return std::string(pick_() % 3, " \n\t"[pick_() % 3]); }

  std::string escaped(const std::string& text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
      if (pick_() % 3 == 0) {
        out += "\\u00";
        out += kDigits[static_cast<unsigned char>(c) >> 4];
        out += kDigits[static_cast<unsigned char>(c) & 15];
      } else {
        out += c;
      }
    }
    return out;
  }

  std::minstd_rand pick_;
};

TEST(CanonicalFormTest, RandomDocumentsMeetTheirTwinsAndNobodyElse) {
  std::map<std::string, std::string> documents;  // canonical -> the plain spelling
  for (std::uint32_t seed = 1; seed <= 3000; ++seed) {
    TwinWriter writer(seed);
    const auto [one, other] = writer.object(1);
    const std::string form = canonical(one);
    ASSERT_FALSE(form.starts_with("refused")) << one << form;
    ASSERT_EQ(form, canonical(other)) << one << "\n" << other;
    // The plain spelling writes members in order and numbers in one way, so it is a canonical form
    // of its own.
    const auto [known, fresh] = documents.emplace(form, one);
    ASSERT_EQ(known->second, one) << "two documents, one form";
  }
  EXPECT_GT(documents.size(), 2000U);
}

TEST(CanonicalFormTest, ReusesItsBuffersWithoutATrace) {
  CanonicalForm form;
  const std::string first(form.write(R"({"a":{"b":[1,2,"\n"]}})", &excludes_nothing).bytes);
  EXPECT_FALSE(form.write(R"({"a":{"b":1,"b":2}})", &excludes_nothing).ok);
  EXPECT_FALSE(form.write(R"({"a":)", &excludes_nothing).ok);
  EXPECT_EQ(form.write(R"({"a":{"b":[1,2,"\n"]}})", &excludes_nothing).bytes, first);
}

}  // namespace
}  // namespace penstock::domain
