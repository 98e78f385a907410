#include "deploy/demo/model/request.h"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "deploy/demo/model/text.h"
#include "deploy/demo/model/tools.h"

namespace penstock::demo::model {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

constexpr std::size_t kInputsMax = 2048;

// What a client may change without changing the answer.
constexpr std::array<std::string_view, 6> kNoMatter = {
    "stream", "stream_options", "user", "metadata", "store", "encoding_format"};

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
      append_instance(schema, out.seed, out.structured);
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

void read_labels(const object& body, ModelRequest& out) {
  out.labels = body["metadata"].error() == simdjson::SUCCESS ? "" : R"(,"metadata":{})";
  for (const std::string_view key :
       {"metadata", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"}) {
    if (element label; !body[key].get(label)) {
      append_quoted(key, out.labels += ',');
      out.labels += ':' + simdjson::minify(label);
    }
  }
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
  read_labels(root, request);
  read_prompt(root, request);
  read_inputs(root, request);
  read_reasoning(root, request);
  read_format(root, request);
  read_tools(root, request);
  return request;
}

}  // namespace penstock::demo::model
