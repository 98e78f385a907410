#include "deploy/demo/model/tools.h"

#include <algorithm>

#include "deploy/demo/model/text.h"

namespace penstock::demo::model {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

constexpr int kDepthMax = 8;
constexpr std::size_t kCallsMax = 2;

void append_value(const element& schema, std::uint64_t seed, int depth, std::string& out);

void append_object(const object& rule, std::uint64_t seed, int depth, std::string& out) {
  object properties;
  if (rule["properties"].get(properties)) {
    out += "{}";
    return;
  }
  bool first = true;
  for (const auto property : properties) {
    append_quoted(property.key, out += first ? '{' : ',');
    append_value(property.value, mix(seed + hash(property.key)), depth + 1, out += ':');
    first = false;
  }
  out += first ? "{}" : "}";
}

void append_scalar(std::string_view type, std::uint64_t seed, std::string& out) {
  if (type == "integer" || type == "number") {
    append(static_cast<std::int64_t>(seed % 100), out);
    out += type == "number" ? ".5" : "";
  } else if (type == "boolean") {
    out += seed % 2 == 0 ? "true" : "false";
  } else {
    append_quoted(words(seed, 3).text, out);
  }
}

void append_value(const element& schema, std::uint64_t seed, int depth, std::string& out) {
  object rule;
  if (depth > kDepthMax || schema.get(rule)) {
    out += "null";
    return;
  }
  array options;
  if (!rule["enum"].get(options) && options.size() > 0) {
    out += simdjson::minify(options.at(seed % options.size()).value_unsafe());
    return;
  }
  const std::string_view type = text(rule, "type");
  object properties;
  if (type == "object" || !rule["properties"].get(properties)) {
    append_object(rule, seed, depth, out);
  } else if (type == "array") {
    out += '[';
    if (element items; !rule["items"].get(items)) {
      append_value(items, mix(seed), depth + 1, out);
    }
    out += ']';
  } else {
    append_scalar(type, seed, out);
  }
}

// What tool_choice says: nothing, no tool at all, or one by name.
struct Choice {
  bool none = false;
  std::string_view name;
};

Choice choice_of(const object& body) {
  element choice;
  if (body["tool_choice"].get(choice)) {
    return {};
  }
  if (choice.is_string()) {
    return {std::string_view(choice) == "none", {}};
  }
  object named;
  if (choice.get(named)) {
    return {};
  }
  object function;
  const bool nested = !named["function"].get(function);
  return {text(named, "type") == "none", text(nested ? function : named, "name")};
}

// OpenAI chat nests under "function", Responses and Anthropic do not.
object function_of(const object& tool) {
  object function;
  return tool["function"].get(function) ? tool : function;
}

std::string arguments_of(const object& function, std::uint64_t seed) {
  element schema;
  if (function["parameters"].get(schema) && function["input_schema"].get(schema)) {
    return "{}";
  }
  std::string out;
  append_instance(schema, seed, out);
  return out;
}

// After a tool's result comes prose.
bool answers_a_tool(const object& body) {
  array turns;
  if (body["messages"].get(turns) && body["input"].get(turns)) {
    return false;
  }
  object last;
  if (turns.size() == 0 || turns.at(turns.size() - 1).get(last)) {
    return false;
  }
  if (text(last, "role") == "tool" || text(last, "type") == "function_call_output") {
    return true;
  }
  array blocks;
  object block;
  return !last["content"].get(blocks) && blocks.size() > 0 && !blocks.at(0).get(block) &&
         text(block, "type") == "tool_result";
}

}  // namespace

std::uint64_t hash(std::string_view text) {
  std::uint64_t value = text.size();
  while (text.size() >= 8) {
    std::uint64_t block = 0;
    std::copy_n(text.data(), 8, reinterpret_cast<char*>(&block));
    value = mix(value ^ block);
    text.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  std::copy_n(text.data(), text.size(), reinterpret_cast<char*>(&rest));
  return mix(value ^ rest);
}

// Members of an object add up, so that their order does not matter; elements of an array chain.
std::uint64_t hash(const element& value) {
  switch (value.type()) {
    case element_type::OBJECT: {
      std::uint64_t sum = 1;
      for (const auto member : object(value)) {
        sum += mix(hash(member.key) ^ mix(hash(member.value)));
      }
      return mix(sum);
    }
    case element_type::ARRAY: {
      std::uint64_t chain = 2;
      for (const element item : array(value)) {
        chain = mix(chain ^ hash(item));
      }
      return chain;
    }
    case element_type::STRING: return hash(std::string_view(value)) + 3;
    case element_type::BOOL: return bool(value) ? 5 : 6;
    case element_type::NULL_VALUE: return 7;
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE: {
      double number = 0;
      return value.get(number) ? 8 : mix(static_cast<std::uint64_t>(std::int64_t(number * 1000)));
    }
  }
  return 0;
}

std::string_view text(const object& body, std::string_view key) {
  std::string_view value;
  return body[key].get(value) ? std::string_view() : value;
}

void append_instance(const element& schema, std::uint64_t seed, std::string& out) {
  append_value(schema, seed, 0, out);
}

void read_tools(const object& body, ModelRequest& out) {
  array tools;
  const Choice choice = choice_of(body);
  if (body["tools"].get(tools) || choice.none || answers_a_tool(body)) {
    return;
  }
  bool parallel = true;
  const bool single = !body["parallel_tool_calls"].get(parallel) && !parallel;
  for (const element item : tools) {
    object tool;
    if (item.get(tool) || out.calls.size() == (single ? 1 : kCallsMax)) {
      continue;
    }
    const object function = function_of(tool);
    const std::string_view name = text(function, "name");
    if (!name.empty() && (choice.name.empty() || name == choice.name)) {
      out.calls.push_back(
          {std::string(name), arguments_of(function, mix(out.seed + out.calls.size()))});
    }
  }
}

}  // namespace penstock::demo::model
