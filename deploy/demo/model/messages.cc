#include "deploy/demo/model/answer.h"
#include "deploy/demo/model/draft.h"
#include "deploy/demo/model/openai_usage.h"

namespace penstock::demo::model {
namespace {

std::string_view stop_reason(Finish finish) {
  switch (finish) {
    case Finish::kLength: return "\"max_tokens\"";
    case Finish::kTools: return "\"tool_use\"";
    case Finish::kFilter:
    case Finish::kRefusal: return "\"refusal\"";
    case Finish::kStop: break;
  }
  return "\"end_turn\"";
}

// A signature as opaque as a real one, and the same for the same thought.
std::string signature(const Draft& draft) {
  std::string bytes;
  for (std::uint64_t i = 0; i < 96; ++i) {
    bytes += static_cast<char>(mix(draft.seed + i) & 0xFFU);
  }
  return base64(bytes);
}

void append_input_usage(const Usage& usage, std::string& out) {
  append(usage.input, out += "\"input_tokens\":");
  append(usage.cache_write_5m + usage.cache_write_1h, out += ",\"cache_creation_input_tokens\":");
  append(usage.cache_read, out += ",\"cache_read_input_tokens\":");
}

void append_usage(const Usage& usage, std::int64_t output, const Simulation& simulation,
                  std::string& out) {
  append_input_usage(usage, out += '{');
  append(usage.cache_write_5m, out += ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":");
  append(usage.cache_write_1h, out += ",\"ephemeral_1h_input_tokens\":");
  append(output, out += "},\"output_tokens\":");
  const std::string& tier = simulation.word(Word::kServiceTier);
  append_quoted(tier.empty() ? "standard" : std::string_view(tier), out += ",\"service_tier\":");
  out += '}';
}

// Everything of the message object up to its content.
void append_head(const ModelRequest& request, const Stamp& stamp, std::string& out) {
  out +=
      "{\"id\":\"msg_" + stamp.unique + "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":";
  append_quoted(request.model, out);
  out += ",\"content\":[";
}

void append_call_head(const Draft& draft, std::size_t call, const Stamp& stamp, std::string& out) {
  out += "{\"type\":\"tool_use\",\"id\":\"toolu_" + stamp.unique;
  append(static_cast<std::int64_t>(call), out);
  append_quoted(draft.calls[call].name, out += "\",\"name\":");
  out += ",\"input\":";
}

void append_content(const Draft& draft, const Stamp& stamp, std::string& out) {
  bool first = true;
  if (draft.reasoning.size() > 0) {
    append_quoted(draft.reasoning.text, out += "{\"type\":\"thinking\",\"thinking\":");
    append_quoted(signature(draft), out += ",\"signature\":");
    out += '}';
    first = false;
  }
  for (std::size_t call = 0; call < draft.calls.size(); ++call) {
    append_call_head(draft, call, stamp, out += first ? "" : ",");
    out += draft.calls[call].arguments + "}";
    first = false;
  }
  if (draft.calls.empty()) {
    append_quoted(draft.text.text,
                  out += first ? "{\"type\":\"text\",\"text\":" : ",{\"type\":\"text\",\"text\":");
    out += '}';
  }
}

class Stream {
 public:
  Stream(const ModelRequest& request, const Simulation& simulation, const Stamp& stamp,
         const Draft& draft)
      : request_(request),
        simulation_(simulation),
        stamp_(stamp),
        draft_(draft),
        usage_(anthropic_usage(request, simulation, draft)) {}

  EventList write() {
    start();
    if (simulation_.is(Switch::kUnknownFields)) {
      events_.data() += R"({"type":"simulated_notice","note":"no SDK knows this event"})";
      events_.end("simulated_notice", false);
    }
    if (draft_.reasoning.size() > 0) {
      open_block() += R"({"type":"thinking","thinking":"","signature":""}})";
      events_.end("content_block_start", false);
      deltas(draft_.reasoning, "thinking_delta", "thinking");
      append_quoted(signature(draft_), delta("signature_delta") += ",\"signature\":");
      close_delta(false);
      close_block();
    }
    for (std::size_t call = 0; call < draft_.calls.size(); ++call) {
      append_call_head(draft_, call, stamp_, open_block());
      events_.data() += "{}}}";
      events_.end("content_block_start", false);
      append_quoted("", delta("input_json_delta") += ",\"partial_json\":");
      close_delta(false);
      deltas(draft_.arguments[call], "input_json_delta", "partial_json");
      close_block();
    }
    if (draft_.calls.empty()) {
      open_block() += R"({"type":"text","text":""}})";
      events_.end("content_block_start", false);
      deltas(draft_.text, "text_delta", "text");
      close_block();
    }
    stop();
    return std::move(events_);
  }

 private:
  void start() {
    std::string& out = events_.data() += "{\"type\":\"message_start\",\"message\":";
    append_head(request_, stamp_, out);
    out += "],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":";
    append_usage(usage_, 1, simulation_, out);
    out += "}}";
    events_.end("message_start", false);
    events_.data() += R"({"type":"ping"})";
    events_.end("ping", false);
  }

  std::string& open_block() {
    append(block_, events_.data() += "{\"type\":\"content_block_start\",\"index\":");
    return events_.data() += ",\"content_block\":";
  }

  void close_block() {
    append(block_++, events_.data() += "{\"type\":\"content_block_stop\",\"index\":");
    events_.data() += '}';
    events_.end("content_block_stop", false);
  }

  std::string& delta(std::string_view type) {
    append(block_, events_.data() += "{\"type\":\"content_block_delta\",\"index\":");
    append_quoted(type, events_.data() += ",\"delta\":{\"type\":");
    return events_.data();
  }

  void close_delta(bool token) {
    events_.data() += "}}";
    events_.end("content_block_delta", token);
  }

  void deltas(const Pieces& pieces, std::string_view type, std::string_view member) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      append_quoted(member, delta(type) += ',');
      append_quoted(pieces[i], events_.data() += ':');
      close_delta(true);
    }
  }

  // Usage here is cumulative: it replaces what message_start said.
  void stop() {
    std::string& out = events_.data() += "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":";
    out += stop_reason(draft_.finish);
    out += ",\"stop_sequence\":null}";
    if (simulation_.is(Switch::kContinuousUsage)) {
      append_input_usage(usage_, out += ",\"usage\":{");
      append(usage_.output, out += ",\"output_tokens\":");
    } else {
      append(usage_.output, out += ",\"usage\":{\"output_tokens\":");
    }
    out += "}}";
    events_.end("message_delta", false);
    events_.data() += R"({"type":"message_stop"})";
    events_.end("message_stop", false);
  }

  const ModelRequest& request_;
  const Simulation& simulation_;
  const Stamp& stamp_;
  const Draft& draft_;
  const Usage usage_;
  EventList events_;
  std::int64_t block_ = 0;
};

}  // namespace

Answer messages(const ModelRequest& request, const Simulation& simulation, const Stamp& stamp) {
  Answer answer;
  const Draft draft = make_draft(request, simulation, 0);
  answer.tokens = draft.tokens();
  if (request.stream) {
    answer.streams = true;
    answer.events = Stream(request, simulation, stamp, draft).write();
    return answer;
  }
  std::string& out = answer.body;
  append_head(request, stamp, out);
  append_content(draft, stamp, out);
  out += "],\"stop_reason\":";
  out += stop_reason(draft.finish);
  out += ",\"stop_sequence\":null,\"usage\":";
  append_usage(anthropic_usage(request, simulation, draft), draft.tokens(), simulation, out);
  if (simulation.is(Switch::kUnknownFields)) {
    out += ',';
    out += kUnknownMembers;
  }
  out += '}';
  return answer;
}

}  // namespace penstock::demo::model
