#include "sidecar/dialect/unfold_json.h"

#include <algorithm>
#include <bitset>

namespace penstock::dialect {

using domain::JsonType;
using domain::JsonValue;

namespace {

constexpr std::size_t kRulesMax = 64;

std::string_view name_in_object(const FoldRule& rule) {
  return rule.name.empty() ? rule.key : rule.name;
}

bool could_be_made(const JsonValue& value, const FoldRule& rule) {
  if (value.is(JsonType::kNull)) {
    return rule.merge != Merge::kDrop;
  }
  switch (rule.merge) {
    case Merge::kDrop:
    case Merge::kNullOnly: return false;
    case Merge::kFixed: return value.raw() == rule.absent;
    case Merge::kFirst:
    case Merge::kLast: return true;
    case Merge::kSame:
    case Merge::kOnce:
    case Merge::kConcat: return value.is(JsonType::kString);
    case Merge::kAppend: return value.is(JsonType::kArray);
    case Merge::kObject: return could_be_folded(value, rule.members);
    case Merge::kIndexed:
      return value.is(JsonType::kArray) && value.each_element([&rule](const JsonValue& element) {
        return could_be_folded(element, rule.members);
      });
  }
  return false;
}

}  // namespace

bool could_be_folded(const JsonValue& object, std::span<const FoldRule> rules) {
  std::bitset<kRulesMax> seen;
  return object.is(JsonType::kObject) &&
         object.each_member([&](const JsonValue& key, const JsonValue& value) {
           const auto rule = std::ranges::find(rules, key.text(), name_in_object);
           const auto index = static_cast<std::size_t>(rule - rules.begin());
           if (rule == rules.end() || seen[index]) {
             return false;
           }
           seen.set(index);
           return could_be_made(value, *rule);
         });
}

std::string_view raw_member(const JsonValue& object, std::string_view key) {
  const auto value = object.find(key);
  return value ? value->raw() : "null";
}

bool has_member(const JsonValue& object, std::string_view key) {
  const auto value = object.find(key);
  return value && !value->is(JsonType::kNull);
}

}  // namespace penstock::dialect
