#include "deploy/demo/model/request.h"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "deploy/demo/model/text.h"

namespace penstock::demo::model {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

constexpr int kDepthMax = 8;
constexpr std::size_t kInputsMax = 2048;

// What a client may change without changing the answer.
constexpr std::array<std::string_view, 6> kNoMatter = {
    "stream", "stream_options", "user", "metadata", "store", "encoding_format"};

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

std::uint64_t seed_of(const object& body) {
  std::uint64_t sum = 0;
  for (const auto member : body) {
    if (std::ranges::find(kNoMatter, member.key) == kNoMatter.end()) {
      sum += mix(hash(member.key) ^ mix(hash(member.value)));
    }
  }
  return mix(sum);
}

std::int64_t text_bytes(const element& value) {
  switch (value.type()) {
    case element_type::STRING: return static_cast<std::int64_t>(std::string_view(value).size());
    case element_type::OBJECT: {
      std::int64_t sum = 4;
      for (const auto member : object(value)) {
        sum += text_bytes(member.value);
      }
      return sum;
    }
    case element_type::ARRAY: {
      std::int64_t sum = 0;
      for (const element item : array(value)) {
        sum += text_bytes(item);
      }
      return sum;
    }
    case element_type::BOOL:
    case element_type::NULL_VALUE:
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE: break;
  }
  return 1;
}

bool truthy(const object& body, std::string_view key) {
  bool value = false;
  return !body[key].get(value) && value;
}

std::optional<std::int64_t> integer(const object& body, std::string_view key) {
  std::int64_t value = 0;
  return body[key].get(value) ? std::nullopt : std::optional(value);
}

std::string_view text(const object& body, std::string_view key) {
  std::string_view value;
  return body[key].get(value) ? std::string_view() : value;
}

// An instance of a JSON schema, as far as tools and structured outputs use it.
void append_instance(const element& schema, std::uint64_t seed, int depth, std::string& out) {
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
  if (object properties; type == "object" || !rule["properties"].get(properties)) {
    out += '{';
    bool first = true;
    if (!rule["properties"].get(properties)) {
      for (const auto property : properties) {
        out += first ? "" : ",";
        first = false;
        append_quoted(property.key, out);
        out += ':';
        append_instance(property.value, mix(seed + hash(property.key)), depth + 1, out);
      }
    }
    out += '}';
  } else if (type == "array") {
    out += '[';
    if (element items; !rule["items"].get(items)) {
      append_instance(items, mix(seed), depth + 1, out);
    }
    out += ']';
  } else if (type == "integer" || type == "number") {
    append(static_cast<std::int64_t>(seed % 100), out);
    out += type == "number" ? ".5" : "";
  } else if (type == "boolean") {
    out += seed % 2 == 0 ? "true" : "false";
  } else {
    append_quoted(words(seed, 3).text, out);
  }
}

// OpenAI chat nests under "function", Responses and Anthropic do not.
void read_tools(const object& body, ModelRequest& out) {
  array tools;
  if (body["tools"].get(tools)) {
    return;
  }
  std::string_view forced;
  element choice;
  if (!body["tool_choice"].get(choice)) {
    if (choice.is_string() && std::string_view(choice) == "none") {
      return;
    }
    if (object named; !choice.get(named)) {
      object function;
      forced = named["function"].get(function) ? text(named, "name") : text(function, "name");
      if (text(named, "type") == "none") {
        return;
      }
    }
  }
  for (const element item : tools) {
    object tool;
    if (item.get(tool)) {
      continue;
    }
    object function = tool;
    if (tool["function"].get(function)) {
      function = tool;
    }
    const std::string_view name = text(function, "name");
    if (name.empty() || (!forced.empty() && name != forced)) {
      continue;
    }
    Tool call{std::string(name), {}};
    element schema;
    if (!function["parameters"].get(schema) || !function["input_schema"].get(schema)) {
      append_instance(schema, mix(out.seed + out.calls.size()), 0, call.arguments);
    } else {
      call.arguments = "{}";
    }
    out.calls.push_back(std::move(call));
  }
  bool parallel = true;
  if (!body["parallel_tool_calls"].get(parallel) && !parallel && out.calls.size() > 1) {
    out.calls.erase(out.calls.begin() + 1, out.calls.end());
  }
  out.calls.erase(out.calls.begin() + std::min<std::ptrdiff_t>(2, std::ssize(out.calls)),
                  out.calls.end());
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

void read_format(const object& body, ModelRequest& out) {
  object format;
  object holder;
  if (body["response_format"].get(format) &&
      (body["text"].get(holder) || holder["format"].get(format))) {
    return;
  }
  const std::string_view type = text(format, "type");
  if (type == "json_object") {
    out.structured = "{\"answer\":";
    append_quoted(words(out.seed, 8).text, out.structured);
    out.structured += '}';
  } else if (type == "json_schema") {
    object named = format;
    element schema;
    if (format["json_schema"].get(named)) {
      named = format;
    }
    if (!named["schema"].get(schema)) {
      append_instance(schema, out.seed, 0, out.structured);
    }
  }
}

void add_input(const element& item, ModelRequest& out) {
  if (out.inputs.size() == kInputsMax) {
    return;
  }
  if (item.is_string()) {
    const std::string_view value(item);
    out.inputs.push_back({std::string(value), 1 + static_cast<std::int64_t>(value.size() / 4)});
  } else {
    array tokens;
    const auto count = item.get(tokens) ? 1 : static_cast<std::int64_t>(tokens.size());
    out.inputs.push_back({simdjson::minify(item), count});
  }
}

void read_inputs(const object& body, ModelRequest& out) {
  element input;
  if (body["input"].get(input)) {
    return;
  }
  array items;
  const bool list = !input.get(items);
  if (list && items.size() == 0) {
    return;
  }
  const bool many = list && !items.at(0).is_number();
  if (!many) {
    add_input(input, out);
    return;
  }
  for (const element item : items) {
    add_input(item, out);
  }
}

void read_reasoning(const object& body, ModelRequest& out) {
  element effort;
  object thinking;
  out.reasons = !body["reasoning_effort"].get(effort) || !body["reasoning"].get(effort) ||
                (!body["thinking"].get(thinking) && text(thinking, "type") != "disabled");
}

void read_limits(const object& body, ModelRequest& out) {
  out.choices = std::clamp<std::int64_t>(integer(body, "n").value_or(1), 1, 128);
  for (const std::string_view key : {"max_completion_tokens", "max_output_tokens", "max_tokens"}) {
    out.max_tokens = out.max_tokens ? out.max_tokens : integer(body, key);
  }
  element logprobs;
  if (!body["logprobs"].get(logprobs)) {
    std::int64_t count = 0;
    out.logprobs = !logprobs.get(count) || (logprobs.is_bool() && bool(logprobs));
    out.top_logprobs = count;
  }
  out.top_logprobs =
      std::clamp<std::int64_t>(integer(body, "top_logprobs").value_or(out.top_logprobs), 0, 20);
  out.dimensions = integer(body, "dimensions");
  out.base64 = text(body, "encoding_format") == "base64";
}

void read_prompt(const object& body, ModelRequest& out) {
  std::int64_t bytes = 0;
  for (const std::string_view key :
       {"messages", "system", "input", "prompt", "instructions", "tools"}) {
    if (element part; !body[key].get(part)) {
      bytes += text_bytes(part);
    }
  }
  out.prompt_tokens = 3 + bytes / 4;
  element prompt;
  if (!body["prompt"].get(prompt)) {
    array many;
    if (!prompt.get(many) && many.size() > 0) {
      prompt = many.at(0).value_unsafe();
    }
    out.prompt = prompt.is_string() ? std::string(std::string_view(prompt)) : std::string();
  }
  out.echo = truthy(body, "echo");
}

}  // namespace

Result<ModelRequest> read_request(std::string_view body) {
  thread_local simdjson::dom::parser parser;
  element document;
  object root;
  if (parser.parse(body.data(), body.size()).get(document) || document.get(root)) {
    return fail(ErrorCode::kInvalidRequest, "We could not parse the JSON body of your request.");
  }
  ModelRequest request;
  request.model = text(root, "model");
  request.seed = seed_of(root);
  request.stream = truthy(root, "stream");
  if (object options; !root["stream_options"].get(options)) {
    request.stream_options = true;
    request.include_usage = truthy(options, "include_usage");
  }
  request.previous_response_id = text(root, "previous_response_id");
  request.marks_cache = body.contains("\"cache_control\"");
  read_limits(root, request);
  read_prompt(root, request);
  read_inputs(root, request);
  read_reasoning(root, request);
  read_format(root, request);
  if (!answers_a_tool(root)) {
    read_tools(root, request);
  }
  return request;
}

}  // namespace penstock::demo::model
