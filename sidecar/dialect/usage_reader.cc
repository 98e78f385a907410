#include "sidecar/dialect/usage_reader.h"

#include <algorithm>

#include "sidecar/dialect/json_walk.h"
#include "sidecar/dialect/sequence_numbers.h"

// What every dialect shares. Bodies that are no stream are read in usage_reader_body.cc, events in
// usage_reader_events.cc.
namespace penstock::dialect {
namespace {

using domain::Operation;

// Names from the upstream are kept up to this size: longer ones are nobody's model.
constexpr std::size_t kNameBytesMax = 128;

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

UsageReader::UsageReader(Operation operation, bool is_stream)
    : operation_(operation), body_state_(is_stream ? BodyState::kNone : BodyState::kAwaited) {
  if (operation == Operation::kMessages) {
    usage_.emplace<AnthropicUsage>();
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
  return reason_.value_or(domain::is_generation(operation_) ? Ending::kIncomplete
                                                            : Ending::kComplete);
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

void UsageReader::note_sequence_number(std::string_view value) {
  next_sequence_number_ = number_after(value).value_or(next_sequence_number_);
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
