#include <algorithm>
#include <iterator>
#include <string_view>

#include "sidecar/dialect/json_walk.h"
#include "sidecar/dialect/output_text.h"
#include "sidecar/dialect/usage_reader.h"

// How each dialect's events are read. An event that is no complete JSON object is passed over
// whole: a stream that was cut must not half-count.
namespace penstock::dialect {
namespace {

using domain::Operation;

// The members that any dialect's events have at their top level; what an event lacks stays empty.
struct EventMembers {
  std::string_view type;
  std::string_view choices;
  std::string_view usage;
  std::string_view error;
  std::string_view model;
  std::string_view service_tier;
  std::string_view delta;
  std::string_view message;
  std::string_view response;
  std::string_view content_block;
  std::string_view sequence_number;
};

struct Row {
  std::string_view key;
  std::string_view EventMembers::* place;
};

constexpr Row kRows[] = {
    {"type", &EventMembers::type},
    {"delta", &EventMembers::delta},
    {"error", &EventMembers::error},
    {"model", &EventMembers::model},
    {"usage", &EventMembers::usage},
    {"choices", &EventMembers::choices},
    {"message", &EventMembers::message},
    {"response", &EventMembers::response},
    {"service_tier", &EventMembers::service_tier},
    {"content_block", &EventMembers::content_block},
    {"sequence_number", &EventMembers::sequence_number},
};

bool read_members(std::string_view data, EventMembers& members) {
  ObjectWalk walk(data);
  for (JsonMember member; walk.next(member);) {
    const auto* const row = std::ranges::find(kRows, member.key, &Row::key);
    if (row != std::end(kRows)) {
      members.*row->place = member.value;
    }
  }
  return walk.complete();
}

bool is_said(std::string_view value) {
  return !value.empty() && value != "null";
}

// The JSON's own type is what the SDKs trust; some servers leave out `event:` lines.
std::string_view event_type(const EventMembers& members, std::string_view name) {
  return is_string(members.type) ? string_body(members.type) : name;
}

}  // namespace

void UsageReader::on_event(const domain::SseEvent& event) {
  if (!event.has_data || body_state_ != BodyState::kNone) {
    return;
  }
  switch (operation_) {
    case Operation::kChat:
    case Operation::kCompletions: on_chat_event(event); return;
    case Operation::kResponses: on_responses_event(event); return;
    case Operation::kMessages: on_messages_event(event); return;
    case Operation::kEmbeddings:
    case Operation::kCountTokens:
    case Operation::kModels:
    case Operation::kModerations:
    case Operation::kAudio:
    case Operation::kFiles:
    case Operation::kOther: return;
  }
}

void UsageReader::on_chat_event(const domain::SseEvent& event) {
  if (event.data.starts_with("[DONE]")) {
    terminal_ = true;
    return;
  }
  EventMembers members;
  if (!read_members(event.data, members)) {
    return;
  }
  if (is_said(members.error) || event.name == "error") {
    error_in_stream_ = true;
  }
  note_model(members.model);
  note_service_tier(members.service_tier);
  note_openai_usage(members.usage);
  on_choices(members.choices);
}

void UsageReader::on_choices(std::string_view choices) {
  std::size_t bytes = 0;
  // Element by element without ArrayWalk, which would run over each choice once more.
  std::string_view rest = is_array(choices) ? choices.substr(1) : std::string_view{};
  while (!rest.empty()) {
    ObjectWalk choice(rest);
    for (JsonMember member; choice.next(member);) {
      if (member.key == "delta" || member.key == "text") {
        bytes += dialect::output_bytes(member.value);
      } else if (member.key == "finish_reason") {
        note_reason(member.value);
      }
    }
    rest = choice.tail();
    rest.remove_prefix(std::min(rest.find('{'), rest.size()));
  }
  note_content(bytes);
}

void UsageReader::on_responses_event(const domain::SseEvent& event) {
  EventMembers members;
  if (!read_members(event.data, members)) {
    return;
  }
  note_sequence_number(members.sequence_number);
  const std::string_view type = event_type(members, event.name);
  if (type.ends_with(".delta")) {
    note_content(dialect::output_bytes(members.delta));
    return;
  }
  if (type == "error" || (is_said(members.error) && !is_object(members.response))) {
    error_in_stream_ = true;
    return;
  }
  if (!is_object(members.response)) {
    return;
  }
  on_response_object(members.response);
  constexpr std::string_view kPrefix = "response.";
  const std::string_view status =
      type.starts_with(kPrefix) ? type.substr(kPrefix.size()) : std::string_view{};
  if (status == "completed" || status == "incomplete" || status == "failed" ||
      status == "cancelled") {
    terminal_ = true;
    note_status(status);
  }
}

void UsageReader::on_response_object(std::string_view response) {
  ObjectWalk walk(response);
  for (JsonMember member; walk.next(member);) {
    if (member.key == "model") {
      note_model(member.value);
    } else if (member.key == "service_tier") {
      note_service_tier(member.value);
    } else if (member.key == "usage") {
      note_openai_usage(member.value);
    } else if (member.key == "incomplete_details" && is_object(member.value)) {
      note_reason(find_member(member.value, "reason").value_or(""));
    }
  }
}

void UsageReader::on_messages_event(const domain::SseEvent& event) {
  EventMembers members;
  if (!read_members(event.data, members)) {
    return;
  }
  const std::string_view type = event_type(members, event.name);
  if (type == "content_block_delta") {
    note_content(dialect::output_bytes(members.delta));
  } else if (type == "content_block_start") {
    note_content(dialect::output_bytes(members.content_block));
  } else if (type == "message_start") {
    on_message_start(members.message);
  } else if (type == "message_delta") {
    on_message_delta(members.delta, members.usage);
  } else if (type == "message_stop") {
    terminal_ = true;
  } else if (type == "error") {
    error_in_stream_ = true;
  }
}

void UsageReader::on_message_start(std::string_view message) {
  ObjectWalk walk(message);
  for (JsonMember member; walk.next(member);) {
    if (member.key == "model") {
      note_model(member.value);
    } else if (member.key == "usage") {
      note_anthropic_usage(member.value);
    }
  }
}

void UsageReader::on_message_delta(std::string_view delta, std::string_view usage) {
  note_reason(find_member(delta, "stop_reason").value_or(""));
  note_anthropic_usage(usage);
  usage_covers_output_ = usage_covers_output_ || is_object(usage);
}

}  // namespace penstock::dialect
