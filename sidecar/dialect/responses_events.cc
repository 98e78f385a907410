#include "sidecar/dialect/responses_events.h"

#include <algorithm>
#include <cstdint>

#include "sidecar/dialect/json_output.h"
#include "sidecar/dialect/unfold_json.h"

namespace penstock::dialect {

using domain::JsonType;
using domain::JsonValue;

bool has_only(const JsonValue& object, Names names) {
  std::uint64_t seen = 0;
  return object.is(JsonType::kObject) &&
         object.each_member([&](const JsonValue& key, const JsonValue& /*value*/) {
           const auto at = std::ranges::find(names, key.text()) - names.begin();
           const std::uint64_t bit = std::uint64_t{1} << at;
           const bool known = static_cast<std::size_t>(at) < names.size() && (seen & bit) == 0;
           seen |= bit;
           return known;
         });
}

bool is_a(const JsonValue& object, std::string_view key, JsonType type) {
  const auto value = object.find(key);
  return value && value->is(type);
}

bool is_at_most_a(const JsonValue& object, std::string_view key, JsonType type) {
  return !has_member(object, key) || is_a(object, key, type);
}

std::string_view text_of(const JsonValue& object, std::string_view key) {
  const auto value = object.find(key);
  return value && value->is(JsonType::kString) ? value->text() : std::string_view{};
}

std::string_view raw_array(const JsonValue& object, std::string_view key) {
  return is_a(object, key, JsonType::kArray) ? raw_member(object, key) : "[]";
}

void append_object(std::string& out, const JsonValue& object, std::span<const Replaced> replaced) {
  out += '{';
  bool first = true;
  object.each_member([&](const JsonValue& key, const JsonValue& value) {
    const auto other = std::ranges::find(replaced, key.text(), &Replaced::key);
    out += first ? "" : ",";
    first = false;
    out.append(key.raw()).append(":");
    append_json(out, other == replaced.end() ? value.raw() : other->raw);
    return true;
  });
  out += '}';
}

}  // namespace penstock::dialect
