#include "sidecar/dialect/request_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <simdjson.h>

#include "sidecar/dialect/json_walk.h"
#include "sidecar/domain/byte_scan.h"
#include "sidecar/domain/name_table.h"

namespace penstock::dialect {
namespace {

using domain::Operation;

constexpr std::string_view kBlanks = " \n\r\t";

// What was read so far.
struct Pass {
  RequestFacts facts;
  bool completion_limit_seen = false;  // max_completion_tokens replaced the older max_tokens
};

// `value`: as it stands in the body, `begin` bytes from its start.
using ReadMember = void (*)(Pass&, std::string_view value, std::size_t begin);

std::optional<bool> boolean(std::string_view value) {
  return value == "true" || value == "false" ? std::optional(value == "true") : std::nullopt;
}

// Spelled as one: 1.0 is none.
std::optional<std::int64_t> whole_number(std::string_view value) {
  std::int64_t number = 0;
  const auto [after, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool whole = error == std::errc{} && after == value.data() + value.size();
  return whole ? std::optional(number) : std::nullopt;
}

void read_model(Pass& pass, std::string_view value, std::size_t /*begin*/) {
  RequestFacts& facts = pass.facts;
  facts.model = {};
  facts.model_unescaped.reset();
  const std::string_view spelled = string_body(value);
  const char* const end = spelled.data() + spelled.size();
  const char* const stop = domain::find_json_string_stop(spelled.data(), end);
  if (stop == end) {
    facts.model = spelled;
  } else if (*stop == '\\') {
    facts.model_unescaped = std::make_shared<const std::string>(unescaped(value));
    facts.model = *facts.model_unescaped;
  }
}

void read_stream(Pass& pass, std::string_view value, std::size_t /*begin*/) {
  pass.facts.stream = boolean(value).value_or(false);
}

void read_n(Pass& pass, std::string_view value, std::size_t /*begin*/) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  pass.facts.n = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(whole_number(value).value_or(1), 1, kMost));
}

void read_limit(Pass& pass, std::string_view value, std::size_t /*begin*/) {
  if (const auto limit = whole_number(value); limit && !pass.completion_limit_seen) {
    pass.facts.output_tokens_max = limit;
  }
}

void read_completion_limit(Pass& pass, std::string_view value, std::size_t /*begin*/) {
  if (const auto limit = whole_number(value)) {
    pass.facts.output_tokens_max = limit;
    pass.completion_limit_seen = true;
  }
}

void read_store(Pass& pass, std::string_view value, std::size_t /*begin*/) {
  pass.facts.store = boolean(value);
}

void read_background(Pass& pass, std::string_view value, std::size_t /*begin*/) {
  pass.facts.background = boolean(value).value_or(false);
}

void read_continuation(Pass& pass, std::string_view value, std::size_t /*begin*/) {
  pass.facts.continues = pass.facts.continues || value != "null";
}

void read_stream_options(Pass& pass, std::string_view value, std::size_t begin) {
  RequestFacts& facts = pass.facts;
  facts.stream_options_repeats = facts.stream_options.has_value();
  facts.stream_options = ByteRange{begin, begin + value.size()};
  const auto asked = find_member(value, "include_usage");
  facts.include_usage = asked ? boolean(*asked) : std::nullopt;
}

constexpr domain::NameTable kMembers(std::to_array<std::string_view>({
    "model",
    "stream",
    "n",
    "max_tokens",
    "max_output_tokens",
    "max_completion_tokens",
    "stream_options",
    "store",
    "background",
    "previous_response_id",
    "conversation",
}));

// As kMembers has them; the last is for the rest.
constexpr std::array<ReadMember, 12> kReaders = {
    &read_model,          &read_stream,       &read_n,
    &read_limit,          &read_limit,        &read_completion_limit,
    &read_stream_options, &read_store,        &read_background,
    &read_continuation,   &read_continuation, nullptr,
};

void read_member(Pass& pass, std::string_view key, std::string_view value, std::size_t begin) {
  if (const ReadMember read = kReaders[kMembers.find(key)]) {
    read(pass, value, begin);
  }
}

}  // namespace

RequestFacts read_request(Operation operation, std::string_view body) {
  Pass pass;
  pass.facts.operation = operation;
  if (!simdjson::validate_utf8(body.data(), body.size())) {
    return pass.facts;
  }
  ObjectWalk walk(body);
  bool empty = true;
  for (JsonMember member; walk.next(member); empty = false) {
    const std::size_t begin = member.end - member.value.size();
    if (member.key.contains('\\')) {
      read_member(pass, unescaped(body.substr(member.begin, member.key.size() + 2)), member.value,
                  begin);
    } else {
      read_member(pass, member.key, member.value, begin);
    }
  }
  pass.facts.ok =
      walk.complete() && walk.tail().find_first_not_of(kBlanks) == std::string_view::npos;
  pass.facts.empty_object = empty;
  pass.facts.after_open_brace = body.find('{') + 1;
  return pass.facts;
}

RequestFacts read_request(Operation operation, const domain::JsonTree& tree) {
  Pass pass;
  pass.facts.operation = operation;
  const domain::JsonValue root = tree.root();
  root.each_member([&pass](const domain::JsonValue& key, const domain::JsonValue& value) {
    read_member(pass, key.text(), value.raw(), value.offset());
    return true;
  });
  pass.facts.ok = root.is(domain::JsonType::kObject);
  pass.facts.empty_object = root.size() == 0;
  pass.facts.after_open_brace = root.offset() + 1;
  return pass.facts;
}

}  // namespace penstock::dialect
