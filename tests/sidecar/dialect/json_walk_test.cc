#include "sidecar/dialect/json_walk.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::dialect {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

struct Walked {
  Members members;
  bool complete = false;
};

// The text lies in a block of exactly its size, so that ASan sees a read past it.
Walked walk(std::string_view text) {
  const auto block = std::make_unique<char[]>(text.size());
  if (!text.empty()) {
    std::memcpy(block.get(), text.data(), text.size());
  }
  Walked result;
  ObjectWalk object({block.get(), text.size()});
  for (JsonMember member; object.next(member);) {
    result.members.emplace_back(member.key, member.value);
  }
  result.complete = object.complete();
  return result;
}

TEST(ObjectWalkTest, GivesEachMemberAsItIsSpelled) {
  const Walked walked = walk(
      R"( { "a" : 1.50 ,"b":"x\"}y\\","c":{"d":[1,{"e":"]"}]}, "f":[ ], "g":null,"h":true,"":"" } tail)");
  EXPECT_TRUE(walked.complete);
  EXPECT_EQ(walked.members, (Members{{"a", "1.50"},
                                     {"b", R"("x\"}y\\")"},
                                     {"c", R"({"d":[1,{"e":"]"}]})"},
                                     {"f", "[ ]"},
                                     {"g", "null"},
                                     {"h", "true"},
                                     {"", R"("")"}}));
}

TEST(ObjectWalkTest, AnEmptyObjectIsComplete) {
  EXPECT_TRUE(walk("{}").complete);
  EXPECT_TRUE(walk(" { } ").complete);
}

TEST(ObjectWalkTest, NoPrefixOfAnObjectIsComplete) {
  const std::string_view text =
      R"({"a":[1,2,{"b":"long enough to fill a block of sixteen"}],"c":"\\"})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(walk(text.substr(0, size)).complete) << size;
  }
  EXPECT_TRUE(walk(text).complete);
}

TEST(ObjectWalkTest, BrokenTextEndsTheWalk) {
  for (const std::string_view text : {"", "[]", "x", "null", "{,}", "{\"a\"}", "{\"a\":}",
                                      "{\"a\":1 \"b\":2}", "{a:1}", "{\"a\":1]"}) {
    EXPECT_FALSE(walk(text).complete) << text;
  }
}

TEST(ObjectWalkTest, OffsetsPointIntoTheText) {
  const std::string_view text = R"(  {"a": 1, "bc" :  "x"})";
  ObjectWalk object(text);
  JsonMember member;
  ASSERT_TRUE(object.next(member));
  ASSERT_TRUE(object.next(member));
  EXPECT_EQ(text.substr(member.begin, member.end - member.begin), R"("bc" :  "x")");
}

TEST(ArrayWalkTest, GivesEachElement) {
  std::vector<std::string> elements;
  ArrayWalk array(R"([1, "a,b" ,[2],{"c":3}])");
  for (std::string_view value; array.next(value);) {
    elements.emplace_back(value);
  }
  EXPECT_TRUE(array.complete());
  EXPECT_EQ(elements, (std::vector<std::string>{"1", R"("a,b")", "[2]", R"({"c":3})"}));
}

TEST(ObjectWalkTest, AValueMayBeWalkedByTheCaller) {
  ObjectWalk outer(R"({"a":1, "list" : [ {"x":1,"y":[2]} , {"x":2} ] ,"z":"end"} tail)");
  JsonMember member;
  ASSERT_TRUE(outer.next_key(member));
  EXPECT_EQ(member.key, "a");
  ASSERT_TRUE(outer.take_value(member));
  EXPECT_EQ(member.value, "1");
  ASSERT_TRUE(outer.next_key(member));
  EXPECT_EQ(member.key, "list");

  std::vector<std::string> xs;
  ArrayWalk each(outer.value());
  std::string_view tail;
  for (std::string_view from_object; each.next_object(tail, from_object);) {
    ObjectWalk inner(from_object);
    for (JsonMember own; inner.next(own);) {
      xs.push_back(std::string(own.key) + "=" + std::string(own.value));
    }
    ASSERT_TRUE(inner.complete());
    tail = inner.tail();
  }
  ASSERT_TRUE(each.complete());
  EXPECT_EQ(xs, (std::vector<std::string>{"x=1", "y=[2]", "x=2"}));

  ASSERT_TRUE(outer.take_value_to(each.tail(), member));
  EXPECT_EQ(member.value, R"([ {"x":1,"y":[2]} , {"x":2} ])");
  ASSERT_TRUE(outer.next(member));
  EXPECT_EQ(member.key, "z");
  EXPECT_EQ(member.value, R"("end")");
  EXPECT_FALSE(outer.next(member));
  EXPECT_TRUE(outer.complete());
  EXPECT_EQ(outer.tail(), " tail");
}

TEST(ArrayWalkTest, ObjectsOneByOneEndAtWhatIsNone) {
  for (const std::string_view text : {"[1]", "[{}", "[", "{}", "[{} {}]", "[{},]", "[null,{}]"}) {
    ArrayWalk each(text);
    std::string_view tail;
    for (std::string_view from_object; each.next_object(tail, from_object);) {
      ObjectWalk inner(from_object);
      for (JsonMember own; inner.next(own);) {
      }
      tail = inner.tail();
    }
    EXPECT_FALSE(each.complete()) << text;
  }
  ArrayWalk empty(" [ ] ,1");
  std::string_view from_object;
  EXPECT_FALSE(empty.next_object({}, from_object));
  EXPECT_TRUE(empty.complete());
  EXPECT_EQ(empty.tail(), " ,1");
}

TEST(JsonWalkTest, FindMemberTakesTheLastOfARepeatedKey) {
  EXPECT_EQ(find_member(R"({"a":1,"b":2,"a":3})", "a"), "3");
  EXPECT_EQ(find_member(R"({"b":{"a":1}})", "a"), std::nullopt);
}

TEST(JsonWalkTest, UnescapesStrings) {
  EXPECT_EQ(unescaped(R"("a\/b\n\"\\")"), "a/b\n\"\\");
  EXPECT_EQ(unescaped(R"("\u00e9\u20AC\ud83d\ude00")"), "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(unescaped(R"("\ud83dx")"), "\xEF\xBF\xBDx");
  EXPECT_EQ(unescaped(R"("\ud83d\u0041")"),
            "\xEF\xBF\xBD"
            "A");
  EXPECT_EQ(unescaped(R"("\u12")"),
            "\xEF\xBF\xBD"
            "12");
  EXPECT_EQ(unescaped("12"), "");
}

TEST(JsonWalkTest, ReadsWholeNumbers) {
  EXPECT_EQ(integer("0"), 0);
  EXPECT_EQ(integer("-12"), -12);
  EXPECT_EQ(integer("12.00"), 12);
  EXPECT_EQ(integer("9223372036854775807"), INT64_MAX);
  for (const std::string_view text :
       {"9223372036854775808", "1.5", "1e3", "1.", "null", "\"1\"", ""}) {
    EXPECT_EQ(integer(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace penstock::dialect
