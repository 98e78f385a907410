#include "sidecar/dialect/request_reader.h"

#include <algorithm>
#include <array>
#include <limits>

#include "sidecar/dialect/json_walk.h"

namespace penstock::dialect {
namespace {

namespace ondemand = simdjson::ondemand;
using domain::Operation;

constexpr std::size_t kSharedParserBytesMax = std::size_t{1} << 20;

// What one member of the body means. `body` gives offsets; the reader of a member consumes its
// value or leaves it.
struct Pass {
  RequestFacts& facts;
  std::string_view body;
  bool completion_limit_seen = false;  // max_completion_tokens replaced the older max_tokens
};

using ReadMember = void (*)(Pass&, ondemand::value&);

std::size_t offset_in(std::string_view body, std::string_view token) {
  return static_cast<std::size_t>(token.data() - body.data());
}

std::optional<bool> boolean(ondemand::value& value) {
  bool flag = false;
  return value.get_bool().get(flag) == simdjson::SUCCESS ? std::optional(flag) : std::nullopt;
}

std::optional<std::int64_t> whole_number(ondemand::value& value) {
  std::int64_t number = 0;
  return value.get_int64().get(number) == simdjson::SUCCESS ? std::optional(number) : std::nullopt;
}

void read_model(Pass& pass, ondemand::value& value) {
  const std::string_view token = value.raw_json_token();
  std::string_view model;
  if (value.get_string().get(model) != simdjson::SUCCESS) {
    pass.facts.model = {};
    return;
  }
  const std::size_t begin = offset_in(pass.body, token) + 1;
  const std::string_view spelled = pass.body.substr(begin, model.size());
  // Escapes only ever shorten, so equal bytes up to a closing quote mean that there was none.
  const std::size_t quote = begin + model.size();
  if (spelled == model && quote < pass.body.size() && pass.body[quote] == '"') {
    pass.facts.model = spelled;
    return;
  }
  pass.facts.model_unescaped = std::make_shared<const std::string>(model);
  pass.facts.model = *pass.facts.model_unescaped;
}

void read_stream(Pass& pass, ondemand::value& value) {
  pass.facts.stream = boolean(value).value_or(false);
}

void read_n(Pass& pass, ondemand::value& value) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  pass.facts.n = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(whole_number(value).value_or(1), 1, kMost));
}

void read_limit(Pass& pass, ondemand::value& value) {
  if (const auto limit = whole_number(value); limit && !pass.completion_limit_seen) {
    pass.facts.output_tokens_max = limit;
  }
}

void read_completion_limit(Pass& pass, ondemand::value& value) {
  if (const auto limit = whole_number(value)) {
    pass.facts.output_tokens_max = limit;
    pass.completion_limit_seen = true;
  }
}

void read_store(Pass& pass, ondemand::value& value) {
  pass.facts.store = boolean(value);
}

void read_background(Pass& pass, ondemand::value& value) {
  pass.facts.background = boolean(value).value_or(false);
}

void read_continuation(Pass& pass, ondemand::value& value) {
  bool is_null = false;
  const bool known = value.is_null().get(is_null) == simdjson::SUCCESS;
  pass.facts.continues = pass.facts.continues || !known || !is_null;
}

void read_stream_options(Pass& pass, ondemand::value& value) {
  RequestFacts& facts = pass.facts;
  facts.stream_options_repeats = facts.stream_options.has_value();
  const std::size_t begin = offset_in(pass.body, value.raw_json_token());
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    const std::size_t end = pass.body.find_first_of(",}] \n\r\t", begin);
    facts.stream_options = ByteRange{begin, std::min(end, pass.body.size())};
    facts.include_usage.reset();
    return;
  }
  std::string_view text;
  if (object.raw_json().get(text) != simdjson::SUCCESS) {
    return;
  }
  const std::size_t last = text.find_last_of('}');
  facts.stream_options = ByteRange{begin, begin + (last == std::string_view::npos ? 0 : last + 1)};
  const auto asked = find_member(text, "include_usage");
  facts.include_usage =
      asked == "true" || asked == "false" ? std::optional(asked == "true") : std::nullopt;
}

struct MemberRow {
  std::string_view key;
  ReadMember read;
};

constexpr std::array kMembers = {
    MemberRow{"model", &read_model},
    MemberRow{"stream", &read_stream},
    MemberRow{"n", &read_n},
    MemberRow{"max_tokens", &read_limit},
    MemberRow{"max_output_tokens", &read_limit},
    MemberRow{"max_completion_tokens", &read_completion_limit},
    MemberRow{"stream_options", &read_stream_options},
    MemberRow{"store", &read_store},
    MemberRow{"background", &read_background},
    MemberRow{"previous_response_id", &read_continuation},
    MemberRow{"conversation", &read_continuation},
};

const MemberRow* find_row(std::string_view key) {
  const auto* const row =
      std::ranges::find_if(kMembers, [key](const MemberRow& each) { return each.key == key; });
  return row == kMembers.end() ? nullptr : row;
}

bool read_members(Pass& pass, ondemand::object& object) {
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) {
      return false;
    }
    const MemberRow* const row = find_row(key);
    if (row == nullptr) {
      continue;
    }
    ondemand::value value;
    if (field.value().get(value) != simdjson::SUCCESS) {
      return false;
    }
    row->read(pass, value);
  }
  return true;
}

bool read_document(ondemand::parser& parser, Pass& pass, std::size_t capacity) {
  ondemand::document document;
  ondemand::object object;
  const std::string_view body = pass.body;
  if (parser.iterate(body.data(), body.size(), capacity).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  RequestFacts& facts = pass.facts;
  facts.after_open_brace = body.find('{') + 1;
  const std::size_t first = body.find_first_not_of(" \n\r\t", facts.after_open_brace);
  facts.empty_object = first != std::string_view::npos && body[first] == '}';
  // Out of bounds: nothing follows the object.
  return read_members(pass, object) &&
         document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

}  // namespace

RequestFacts read_request(ondemand::parser& parser, Operation operation, std::string_view body,
                          std::size_t capacity) {
  RequestFacts facts;
  facts.operation = operation;
  Pass pass{facts, body};
  if (body.size() <= kSharedParserBytesMax) {
    facts.ok = read_document(parser, pass, capacity);
  } else {
    ondemand::parser own;
    facts.ok = read_document(own, pass, capacity);
  }
  return facts;
}

}  // namespace penstock::dialect
