#include "lib/json/schema.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::json {
namespace {

enum class Size : std::uint8_t { kSmall, kLarge };
constexpr auto enum_names(Size) {
  return std::array{EnumName{Size::kSmall, "Small"}, EnumName{Size::kLarge, "Large"}};
}

struct Base {
  std::optional<UsdPerMillion> price;
  static constexpr auto fields() { return std::tuple{Field{"price", &Base::price}}; }
};

struct Derived : Base {
  std::string name;
  std::uint16_t port = 80;
  Size size = Size::kLarge;
  std::chrono::milliseconds ttl{300'000};
  std::vector<Base> list;
  std::map<std::string, std::string> labels;
  std::optional<Base> block;

  static constexpr auto fields() {
    using T = Derived;
    return std::tuple_cat(
        Base::fields(), std::tuple{Field{"name", &T::name, {.about = "who", .required = true}},
                                   Field{"port", &T::port, {.min = 1}}, Field{"size", &T::size},
                                   Field{"ttl", &T::ttl}, Field{"list", &T::list, {.items_max = 3}},
                                   Field{"labels", &T::labels}, Field{"block", &T::block}});
  }
};

TEST(SchemaTest, DescribesEveryFieldOfATable) {
  const std::vector<FieldInfo> fields = describe<Derived>();
  ASSERT_EQ(fields.size(), 8U);

  EXPECT_EQ(fields[0].name, "price");
  EXPECT_EQ(fields[0].kind, Kind::kPrice);
  EXPECT_TRUE(fields[0].default_value.is_null());

  EXPECT_EQ(fields[1].kind, Kind::kString);
  EXPECT_TRUE(fields[1].rules.required);
  EXPECT_EQ(fields[1].rules.about, "who");
  EXPECT_TRUE(fields[1].default_value.is_null()) << "what is required has no default";

  EXPECT_EQ(fields[2].kind, Kind::kInteger);
  EXPECT_EQ(fields[2].rules.min, 1);
  EXPECT_EQ(fields[2].type_max, 65'535);
  EXPECT_EQ(fields[2].default_value, Value(80));

  EXPECT_EQ(fields[3].choices, (std::vector<std::string_view>{"Small", "Large"}));
  EXPECT_EQ(fields[3].default_value, Value("Large"));

  EXPECT_EQ(fields[4].kind, Kind::kDuration);
  EXPECT_EQ(fields[4].default_value, Value("5m"));

  EXPECT_EQ(fields[5].kind, Kind::kList);
  EXPECT_EQ(fields[5].rules.items_max, 3U);
  ASSERT_EQ(fields[5].children.size(), 1U);
  EXPECT_EQ(fields[5].children[0].kind, Kind::kObject);
  EXPECT_EQ(fields[5].children[0].children.at(0).name, "price");

  EXPECT_EQ(fields[6].kind, Kind::kMap);
  EXPECT_EQ(fields[6].children.at(0).kind, Kind::kString);

  EXPECT_EQ(fields[7].kind, Kind::kObject);
  EXPECT_TRUE(fields[7].default_value.is_null());
  EXPECT_EQ(fields[7].children.at(0).name, "price");
}

}  // namespace
}  // namespace penstock::json
