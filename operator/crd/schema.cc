#include "operator/crd/schema.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "lib/api/formats.h"
#include "lib/json/scalars.h"

namespace penstock::crd {
namespace {

using json::FieldInfo;
using json::Kind;
using json::Value;

constexpr json::Rules kUnbounded;

// No control characters: what the reader refuses in every string.
constexpr std::string_view kAnyText = "^[^\\x00-\\x1f\\x7f]*$";
// At most three digits after the point, so that it is a whole number of milliseconds.
constexpr std::string_view kDuration = "^(0|([0-9]+ms|[0-9]+(\\.[0-9]{1,3})?[smh])+)$";
constexpr std::string_view kQuantity =
    "^[0-9]+(\\.[0-9]+)?([KMGTPE]i|[kMGTPE]|[eE]\\+?[0-9]{1,2})?$";
constexpr std::string_view kPrice = "^([0-9]{1,3}(\\.[0-9]{1,6})?|1000(\\.0{1,6})?)$";

void add_constraint(Value& schema, std::string_view cel, std::string_view message) {
  schema["x-kubernetes-validations"].push_back({{"message", message}, {"rule", cel}});
}

void number_bounds(Value& schema, const json::Rules& rules) {
  if (rules.min != kUnbounded.min) {
    schema["minimum"] = rules.min;
  }
  if (rules.max != kUnbounded.max) {
    schema["maximum"] = rules.max;
  }
}

std::string range_message(const std::string& min, const std::string& max) {
  return "must be from " + min + " to " + max;
}

void duration_bounds(Value& schema, const json::Rules& rules) {
  const std::string min = json::format_duration(std::chrono::milliseconds(rules.min));
  const std::string max = json::format_duration(std::chrono::milliseconds(rules.max));
  add_constraint(
      schema,
      "duration(self) >= duration('" + min + "') && duration(self) <= duration('" + max + "')",
      range_message(min, max));
}

// A whole number, written as a number or as text with a suffix. CEL's isInteger() does not know
// that 1.5Mi is one.
void quantity_bounds(Value& schema, const json::Rules& rules) {
  const auto spelled = [](std::int64_t bound) {
    return json::format_quantity(json::Quantity{static_cast<std::uint64_t>(bound)});
  };
  const std::string min = spelled(rules.min);
  const std::string max = spelled(rules.max);
  add_constraint(schema,
                 "double(int(quantity(string(self)).asApproximateFloat())) == "
                 "quantity(string(self)).asApproximateFloat() && "
                 "quantity(string(self)).compareTo(quantity('" +
                     min + "')) >= 0 && quantity(string(self)).compareTo(quantity('" + max +
                     "')) <= 0",
                 "must be a whole number of bytes from " + min + " to " + max);
}

// What no pattern can say besides, as CEL behind the text: a label's prefix is a DNS subdomain.
std::string bound_of(const json::Format& format) {
  return format.matches == &api::is_label_key ? ".indexOf('/') <= 253" : "";
}

void string_schema(Value& schema, const json::Rules& rules) {
  schema["type"] = "string";
  if (rules.length_min > 0) {
    schema["minLength"] = rules.length_min;
  }
  schema["maxLength"] = rules.length_max;
  const bool has_pattern = rules.format != nullptr && !rules.format->pattern.empty();
  schema["pattern"] = has_pattern ? rules.format->pattern : kAnyText;
  if (rules.format != nullptr && !bound_of(*rules.format).empty()) {
    add_constraint(schema, "self" + bound_of(*rules.format),
                   "must be " + std::string(rules.format->says));
  }
}

void list_schema(Value& schema, const FieldInfo& field) {
  schema["type"] = "array";
  if (field.rules.items_min > 0) {
    schema["minItems"] = field.rules.items_min;
  }
  schema["maxItems"] = field.rules.items_max;
  const std::string_view key = field.rules.unique_by;
  if (key.empty()) {
    schema["x-kubernetes-list-type"] = "atomic";
  } else if (key == ".") {
    schema["x-kubernetes-list-type"] = "set";
  } else {
    schema["x-kubernetes-list-type"] = "map";
    schema["x-kubernetes-list-map-keys"] = Value::array({key});
  }
  schema["items"] = schema_of(field.children.front());
}

void map_schema(Value& schema, const FieldInfo& field) {
  schema["type"] = "object";
  if (field.rules.items_min > 0) {
    schema["minProperties"] = field.rules.items_min;
  }
  schema["maxProperties"] = field.rules.items_max;
  schema["additionalProperties"] = schema_of(field.children.front());
  if (const json::Format* format = field.rules.key_format; format != nullptr) {
    // A JSON string is a CEL string.
    std::string holds = "k.matches(" + Value(format->pattern).dump() + ")";
    if (const std::string bound = bound_of(*format); !bound.empty()) {
      holds = "k" + bound + " && " + holds;
    }
    add_constraint(schema, "self.all(k, " + holds + ")",
                   "each name must be " + std::string(format->says));
  }
}

void object_schema(Value& schema, const FieldInfo& field) {
  schema["type"] = "object";
  schema["properties"] = Value::object();
  for (const FieldInfo& child : field.children) {
    schema["properties"][child.name] = schema_of(child);
    if (child.rules.required) {
      schema["required"].push_back(child.name);
    }
  }
  if (field.rules.atomic) {
    schema["x-kubernetes-map-type"] = "atomic";
  }
}

void add_type(Value& schema, const FieldInfo& field) {
  switch (field.kind) {
    case Kind::kBool: schema["type"] = "boolean"; return;
    case Kind::kInteger: {
      json::Rules rules = field.rules;
      rules.min = std::max(rules.min, field.type_min);
      rules.max = std::min(rules.max, field.type_max);
      schema["type"] = "integer";
      schema["format"] = "int64";
      number_bounds(schema, rules);
      return;
    }
    case Kind::kNumber:
      schema["type"] = "number";
      number_bounds(schema, field.rules);
      return;
    case Kind::kString: string_schema(schema, field.rules); return;
    case Kind::kDuration:
      schema["type"] = "string";
      schema["maxLength"] = 32;
      schema["pattern"] = kDuration;
      duration_bounds(schema, field.rules);
      return;
    case Kind::kQuantity:
      schema["x-kubernetes-int-or-string"] = true;
      schema["maxLength"] = 32;
      schema["pattern"] = kQuantity;
      quantity_bounds(schema, field.rules);
      return;
    case Kind::kPrice:
      schema["type"] = "string";
      schema["maxLength"] = 16;
      schema["pattern"] = kPrice;
      return;
    case Kind::kEnum:
      schema["type"] = "string";
      schema["enum"] = field.choices;
      return;
    case Kind::kList: list_schema(schema, field); return;
    case Kind::kMap: map_schema(schema, field); return;
    case Kind::kObject: object_schema(schema, field); return;
    case Kind::kOpaque:
      schema["type"] = "object";
      schema["x-kubernetes-preserve-unknown-fields"] = true;
      return;
  }
}

}  // namespace

Value schema_of(const FieldInfo& field) {
  Value schema = Value::object();
  if (!field.rules.about.empty() && !field.name.empty()) {
    schema["description"] = field.rules.about;
  }
  add_type(schema, field);
  for (const json::Constraint& constraint : field.constraints) {
    add_constraint(schema, constraint.cel, constraint.message);
  }
  const Value& fallback = field.default_value;
  if (!fallback.is_null() && !(fallback.is_structured() && fallback.empty()) && fallback != "") {
    schema["default"] = fallback;
  }
  return schema;
}

}  // namespace penstock::crd
