#include "sidecar/dialect/usage_reader.h"

#include <algorithm>
#include <array>
#include <span>

#include "sidecar/dialect/json_walk.h"

// What every dialect shares, and bodies that are no stream. The events are in
// usage_reader_events.cc.
namespace penstock::dialect {
namespace {

using domain::Operation;
using Wanted = StreamedJson::Wanted;

// Names from the upstream are kept up to this size: longer ones are nobody's model.
constexpr std::size_t kNameBytesMax = 128;

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

bool generates(Operation operation) {
  return operation == Operation::kChat || operation == Operation::kCompletions ||
         operation == Operation::kMessages || operation == Operation::kResponses;
}

void assign_name(std::string& into, std::string_view value) {
  const std::string_view spelled = string_body(value);
  if (spelled.empty() || spelled.size() > kNameBytesMax) {
    return;
  }
  if (spelled.contains('\\')) {
    into = unescaped(value);
  } else {
    into.assign(spelled);
  }
}

}  // namespace

UsageReader::UsageReader(Operation operation, bool is_stream) : operation_(operation) {
  if (operation == Operation::kMessages) {
    usage_.emplace<AnthropicUsage>();
  }
  if (!is_stream) {
    body_ = std::make_unique<StreamedJson>(members_of(operation));
  }
}

std::optional<domain::TokenUsage> UsageReader::usage() const {
  const auto* anthropic = std::get_if<AnthropicUsage>(&usage_);
  return anthropic == nullptr ? std::get<0>(usage_) : anthropic->usage();
}

Ending UsageReader::ending() const {
  if (error_in_stream_) {
    return Ending::kErrorInStream;
  }
  if (failed_) {
    return Ending::kFailed;
  }
  if (!terminal_) {
    return Ending::kNone;
  }
  return reason_.value_or(generates(operation_) ? Ending::kIncomplete : Ending::kComplete);
}

void UsageReader::on_body_piece(std::string_view piece) {
  if (body_) {
    body_->feed(piece);
  }
}

void UsageReader::on_body_end() {
  if (body_ && body_->complete()) {
    terminal_ = true;
    read_body();
  }
}

void UsageReader::read_body() {
  note_model(body_->captured(kModel));
  note_service_tier(body_->captured(kServiceTier));
  const std::string_view usage = body_->captured(kUsage);
  if (operation_ == Operation::kMessages) {
    note_anthropic_usage(usage);
    usage_covers_output_ = is_object(usage);
  } else {
    note_openai_usage(usage);
  }
  if (const std::string_view error = body_->captured(kError); is_object(error)) {
    failed_ = true;
  }
  if (!generates(operation_)) {
    return;
  }
  output_bytes_ = body_->value_bytes(kOutput);
  if (operation_ == Operation::kResponses) {
    note_reason(find_member(body_->captured(kReason), "reason").value_or(""));
    note_status(string_body(body_->captured(kStatus)));
    return;
  }
  std::string reasons = "[";
  reasons.append(body_->captured(kReason)).push_back(']');
  ArrayWalk walk(reasons);
  for (std::string_view reason; walk.next(reason);) {
    note_reason(reason);
  }
}

void UsageReader::note_content(std::size_t bytes) {
  if (bytes > 0) {
    output_bytes_ += bytes;
    ++content_events_;
  }
}

// Several choices may end differently: the worst one names the whole.
void UsageReader::note_reason(std::string_view value) {
  const std::string_view reason = string_body(value);
  if (reason.empty()) {
    return;
  }
  const Ending ending = ending_of_reason(reason);
  reason_ = std::max(reason_.value_or(ending), ending);
}

// The status of a Responses object that will not change any more.
void UsageReader::note_status(std::string_view status) {
  if (status == "failed") {
    failed_ = true;
  } else if (status == "completed") {
    reason_ = reason_.value_or(Ending::kComplete);
  }
}

void UsageReader::note_model(std::string_view value) {
  // The same name comes with every chunk.
  if (string_body(value) != model_) {
    assign_name(model_, value);
  }
}

void UsageReader::note_service_tier(std::string_view value) {
  if (string_body(value) != service_tier_) {
    assign_name(service_tier_, value);
  }
}

void UsageReader::note_openai_usage(std::string_view value) {
  if (!is_object(value)) {
    return;
  }
  if (const auto usage = read_openai_usage(value)) {
    usage_ = usage;
    usage_covers_output_ = true;
  }
}

void UsageReader::note_anthropic_usage(std::string_view value) {
  if (is_object(value)) {
    std::get<AnthropicUsage>(usage_).merge(value);
    note_service_tier(find_member(value, "service_tier").value_or(""));
  }
}

}  // namespace penstock::dialect
