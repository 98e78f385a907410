#include <array>
#include <span>
#include <string_view>

#include "sidecar/dialect/json_walk.h"
#include "sidecar/dialect/usage_reader.h"

// How an answer that is no stream is read: in one walk where it arrived in one piece, as most do;
// else piece by piece in constant memory.
namespace penstock::dialect {
namespace {

using domain::Operation;
using Wanted = StreamedJson::Wanted;

constexpr std::string_view kBlanks = " \t\r\n";

// One index for all operations, so that the captures are read in one place.
enum Member : std::uint8_t {
  kUsage,
  kModel,
  kServiceTier,
  kError,
  kReason,
  kOutput,
  kStatus,
};

constexpr std::array kChatMembers = {
    Wanted{"", "usage"},
    Wanted{"", "model"},
    Wanted{"", "service_tier"},
    Wanted{"", "error"},
    Wanted{"choices", "finish_reason"},
    Wanted{"", "choices", true},
};
constexpr std::array kMessagesMembers = {
    Wanted{"", "usage"}, Wanted{"", "model"},       Wanted{"", "service_tier"},
    Wanted{"", "error"}, Wanted{"", "stop_reason"}, Wanted{"", "content", true},
};
constexpr std::array kResponsesMembers = {
    Wanted{"", "usage"},
    Wanted{"", "model"},
    Wanted{"", "service_tier"},
    Wanted{"", "error"},
    Wanted{"", "incomplete_details"},
    Wanted{"", "output", true},
    Wanted{"", "status"},
};

std::span<const Wanted> members_of(Operation operation) {
  switch (operation) {
    case Operation::kMessages: return kMessagesMembers;
    case Operation::kResponses: return kResponsesMembers;
    case Operation::kChat:
    case Operation::kCompletions:
    case Operation::kEmbeddings:
    case Operation::kCountTokens:
    case Operation::kModels:
    case Operation::kModerations:
    case Operation::kAudio:
    case Operation::kFiles:
    case Operation::kOther: break;
  }
  return kChatMembers;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  const std::size_t end = text.find_last_not_of(kBlanks);
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin, end - begin + 1);
}

}  // namespace

void UsageReader::on_body_piece(std::string_view piece) {
  switch (body_state_) {
    case BodyState::kNone:
    case BodyState::kBroken: return;
    case BodyState::kAwaited:
      if (read_whole(trimmed(piece))) {
        body_state_ = BodyState::kRead;
        return;
      }
      body_ = std::make_unique<StreamedJson>(members_of(operation_));
      body_state_ = BodyState::kStreamed;
      break;
    case BodyState::kRead:
      if (!trimmed(piece).empty()) {
        body_state_ = BodyState::kBroken;  // more than one JSON text
      }
      return;
    case BodyState::kStreamed: break;
  }
  body_->feed(piece);
}

void UsageReader::on_body_end() {
  if (body_state_ == BodyState::kRead) {
    terminal_ = true;
  } else if (body_state_ == BodyState::kStreamed && body_->complete()) {
    terminal_ = true;
    read_streamed();
  }
}

// Walks the choices that `members` stands before, each once, for their finish reasons.
bool UsageReader::read_choices(ObjectWalk& members, JsonMember& choices) {
  ArrayWalk each(members.value());
  std::string_view tail;
  std::string_view from_choice;
  while (each.next_object(tail, from_choice)) {
    ObjectWalk choice(from_choice);
    for (JsonMember member; choice.next(member);) {
      if (member.key == "finish_reason") {
        note_reason(member.value);
      }
    }
    if (!choice.complete()) {
      return false;
    }
    tail = choice.tail();
  }
  return each.complete() && members.take_value_to(each.tail(), choices);
}

// False: `text` is not one whole object, and nothing was noted.
bool UsageReader::read_whole(std::string_view text) {
  if (!text.starts_with('{') || !text.ends_with('}')) {
    return false;
  }
  const bool has_choices = operation_ == Operation::kChat || operation_ == Operation::kCompletions;
  const std::span<const Wanted> wanted = members_of(operation_);
  BodyMembers members;
  ObjectWalk walk(text);
  for (JsonMember member; walk.next_key(member);) {
    const bool walked = has_choices && member.key == "choices" && is_array(walk.value());
    if (!(walked ? read_choices(walk, member) : walk.take_value(member))) {
      break;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i].array.empty() && member.key == wanted[i].key) {
        members.values[i] = member.value;
      }
    }
  }
  if (!walk.complete() || !walk.tail().empty()) {
    reason_.reset();
    return false;
  }
  members.output_bytes = members.values[kOutput].size();
  note_body(members);
  note_body_reason(members);
  return true;
}

void UsageReader::read_streamed() {
  BodyMembers members;
  for (std::size_t i = 0; i < members_of(operation_).size(); ++i) {
    members.values[i] = body_->captured(i);
  }
  members.output_bytes = body_->value_bytes(kOutput);
  note_body(members);
  if (operation_ == Operation::kChat || operation_ == Operation::kCompletions) {
    std::string reasons = "[";
    reasons.append(members.values[kReason]).push_back(']');
    ArrayWalk walk(reasons);
    for (std::string_view reason; walk.next(reason);) {
      note_reason(reason);
    }
  }
  note_body_reason(members);
}

void UsageReader::note_body(const BodyMembers& members) {
  note_model(members.values[kModel]);
  note_service_tier(members.values[kServiceTier]);
  const std::string_view usage = members.values[kUsage];
  if (operation_ == Operation::kMessages) {
    note_anthropic_usage(usage);
    usage_covers_output_ = is_object(usage);
  } else {
    note_openai_usage(usage);
  }
  failed_ = failed_ || is_object(members.values[kError]);
  if (domain::is_generation(operation_)) {
    output_bytes_ = members.output_bytes;
  }
}

// Messages and Responses: one reason for the whole answer.
void UsageReader::note_body_reason(const BodyMembers& members) {
  if (operation_ == Operation::kMessages) {
    note_reason(members.values[kReason]);
  } else if (operation_ == Operation::kResponses) {
    note_reason(find_member(members.values[kReason], "reason").value_or(""));
    note_status(string_body(members.values[kStatus]));
  }
}

}  // namespace penstock::dialect
