#include "sidecar/dialect/stream_options.h"

#include "sidecar/dialect/json_walk.h"

namespace penstock::dialect {
namespace {

using domain::Operation;

std::optional<Edit> edit_object(std::string_view object, std::size_t offset) {
  ObjectWalk walk(object);
  std::optional<JsonMember> asked;
  bool empty = true;
  for (JsonMember member; walk.next(member);) {
    empty = false;
    if (member.key == "include_usage") {
      if (asked) {
        return std::nullopt;
      }
      asked = member;
    }
  }
  if (!walk.complete()) {
    return std::nullopt;
  }
  if (!asked) {
    return Edit{offset + 1, 0, empty ? R"("include_usage":true)" : R"("include_usage":true,)"};
  }
  if (asked->value != "false" && asked->value != "null") {
    return std::nullopt;
  }
  return Edit{offset + asked->end - asked->value.size(), asked->value.size(), "true"};
}

}  // namespace

std::optional<Edit> ask_for_usage(const RequestFacts& facts, std::string_view body) {
  const bool has_option =
      facts.operation == Operation::kChat || facts.operation == Operation::kCompletions;
  if (!facts.ok || !facts.stream || !has_option || facts.stream_options_repeats) {
    return std::nullopt;
  }
  if (!facts.stream_options) {
    const std::string_view option = facts.empty_object
                                        ? R"("stream_options":{"include_usage":true})"
                                        : R"("stream_options":{"include_usage":true},)";
    return Edit{facts.after_open_brace, 0, option};
  }
  const auto [begin, end] = *facts.stream_options;
  const std::string_view value = body.substr(begin, end - begin);
  if (value == "null") {
    return Edit{begin, value.size(), R"({"include_usage":true})"};
  }
  return is_object(value) ? edit_object(value, begin) : std::nullopt;
}

EditedBody edited(const Edit& edit, std::string_view body) {
  return {body.substr(0, edit.offset), edit.insert, body.substr(edit.offset + edit.remove)};
}

std::string apply_edit(const Edit& edit, std::string_view body) {
  const EditedBody parts = edited(edit, body);
  std::string whole;
  whole.reserve(parts.size());
  whole.append(parts.before).append(parts.insert).append(parts.after);
  return whole;
}

bool names_stream_options(std::string_view error_body) {
  return error_body.contains("stream_options") || error_body.contains("include_usage");
}

}  // namespace penstock::dialect
