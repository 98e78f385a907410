#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sidecar/dialect/ending.h"
#include "sidecar/dialect/json_walk.h"
#include "sidecar/dialect/streamed_json.h"
#include "sidecar/dialect/usage_object.h"
#include "sidecar/domain/endpoint.h"
#include "sidecar/domain/sse_parser.h"
#include "sidecar/domain/token_usage.h"

namespace penstock::dialect {

// Watches one successful answer pass by and says how it ended and what it cost.
//
// A stream is given event by event, a body whole or in pieces; nothing is collected. Where usage is
// told several times the last total counts; totals are never added up.
//
// Errors:  none. What cannot be read is passed over, and leaves the ending or the usage unknown.
// Threads: not safe. One reader belongs to one call.
class UsageReader {
 public:
  UsageReader(domain::Operation operation, bool is_stream);

  void on_event(const domain::SseEvent& event);

  void on_body_piece(std::string_view piece);
  void on_body_end();
  void on_body(std::string_view body) {
    on_body_piece(body);
    on_body_end();
  }

  [[nodiscard]] domain::Operation operation() const { return operation_; }

  // Nullopt while the upstream has said nothing.
  [[nodiscard]] std::optional<domain::TokenUsage> usage() const;
  // False while only Anthropic's message_start was seen: its output count is a start, not a total.
  [[nodiscard]] bool usage_covers_output() const { return usage_covers_output_; }

  [[nodiscard]] Ending ending() const;
  // Something of the answer said that nothing more would come, be it a reason without the dialect's
  // closing event.
  [[nodiscard]] bool ended() const {
    return terminal_ || failed_ || error_in_stream_ || reason_.has_value();
  }
  [[nodiscard]] std::string_view response_model() const { return model_; }
  [[nodiscard]] std::string_view service_tier() const { return service_tier_; }

  // Of the event that would follow in a Responses stream, by what the last one said; 0 where none
  // said any.
  [[nodiscard]] std::int64_t next_sequence_number() const { return next_sequence_number_; }

  // Whether the model has produced anything: text, reasoning, refusal, a tool call. Roles and pings
  // are not content.
  [[nodiscard]] bool saw_content() const { return output_bytes_ > 0; }
  [[nodiscard]] std::uint64_t content_events() const { return content_events_; }
  // As spelled in the JSON; of a body, the span of the member that holds the output.
  [[nodiscard]] std::uint64_t output_bytes() const { return output_bytes_; }

 private:
  void on_chat_event(const domain::SseEvent& event);
  void on_choices(std::string_view choices);
  void on_responses_event(const domain::SseEvent& event);
  void on_response_object(std::string_view response);
  void on_messages_event(const domain::SseEvent& event);
  void on_message_start(std::string_view message);
  void on_message_delta(std::string_view delta, std::string_view usage);

  void note_content(std::size_t bytes);
  void note_reason(std::string_view value);
  void note_status(std::string_view status);
  void note_sequence_number(std::string_view value);
  void note_model(std::string_view value);
  void note_service_tier(std::string_view value);
  void note_openai_usage(std::string_view value);
  void note_anthropic_usage(std::string_view value);

  // The members of a body that count, by the index that usage_reader_body.cc gives them.
  struct BodyMembers {
    std::array<std::string_view, StreamedJson::kWantedMax> values;
    std::uint64_t output_bytes = 0;
  };
  bool read_whole(std::string_view text);
  bool read_choices(ObjectWalk& members, JsonMember& choices);
  void read_streamed();
  void note_body(const BodyMembers& members);
  void note_body_reason(const BodyMembers& members);

  enum class BodyState : std::uint8_t {
    kNone,      // the answer is a stream
    kAwaited,   // no piece came
    kRead,      // the first piece was all of it
    kStreamed,  // it comes in pieces
    kBroken,
  };

  domain::Operation operation_;
  BodyState body_state_;
  bool terminal_ = false;
  bool failed_ = false;
  bool error_in_stream_ = false;
  bool usage_covers_output_ = false;
  std::optional<Ending> reason_;

  // By the operation's dialect.
  std::variant<std::optional<domain::TokenUsage>, AnthropicUsage> usage_;
  std::string model_;
  std::string service_tier_;
  std::int64_t next_sequence_number_ = 0;
  std::uint64_t content_events_ = 0;
  std::uint64_t output_bytes_ = 0;
  std::unique_ptr<StreamedJson> body_;  // of an answer that comes in pieces
};

}  // namespace penstock::dialect
