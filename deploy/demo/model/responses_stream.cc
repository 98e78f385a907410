#include "deploy/demo/model/responses.h"

namespace penstock::demo::model {
namespace {

// Names every event, numbers it, and keeps which item it belongs to.
class Stream {
 public:
  explicit Stream(const ResponseText& text) : text_(text) {}

  EventList write() {
    lifecycle("response.created", "in_progress");
    lifecycle("response.in_progress", "in_progress");
    if (text_.simulation.is(Switch::kUnknownFields)) {
      begin("response.simulated_notice") += ",\"note\":\"no SDK knows this event\"";
      end("response.simulated_notice", false);
    }
    for (item_ = 0; item_ < text_.items(); ++item_) {
      whole_item("response.output_item.added", false);
      if (text_.is_reasoning(item_)) {
        reasoning();
      } else if (text_.is_call(item_)) {
        call();
      } else {
        message();
      }
      whole_item("response.output_item.done", true);
    }
    const std::string_view status = text_.final_status();
    lifecycle(status == "incomplete" ? "response.incomplete" : "response.completed", status);
    return std::move(events_);
  }

 private:
  std::string& begin(std::string_view name) {
    std::string& out = events_.data();
    out += "{\"type\":\"";
    out += name;
    append(sequence_++, out += "\",\"sequence_number\":");
    return out;
  }

  void end(std::string_view name, bool token) {
    events_.data() += '}';
    events_.end(name, token);
  }

  void lifecycle(std::string_view name, std::string_view status) {
    text_.append_response(status, begin(name) += ",\"response\":");
    end(name, false);
  }

  void whole_item(std::string_view name, bool complete) {
    std::string& out = begin(name);
    append(static_cast<std::int64_t>(item_), out += ",\"output_index\":");
    text_.append_item(item_, complete, out += ",\"item\":");
    end(name, false);
  }

  std::string& begin_in_item(std::string_view name) {
    std::string& out = begin(name);
    append_quoted(text_.item_id(item_), out += ",\"item_id\":");
    append(static_cast<std::int64_t>(item_), out += ",\"output_index\":");
    return out;
  }

  void message() {
    const bool refuses = text_.draft.finish == Finish::kRefusal;
    text_.append_part(
        false, begin_in_item("response.content_part.added") += ",\"content_index\":0,\"part\":");
    end("response.content_part.added", false);
    const std::string_view delta =
        refuses ? "response.refusal.delta" : "response.output_text.delta";
    for (std::size_t i = 0; i < text_.draft.text.size(); ++i) {
      std::string& out = begin_in_item(delta) += ",\"content_index\":0,\"delta\":";
      append_quoted(text_.draft.text[i], out);
      out += refuses ? "" : ",\"logprobs\":[]";
      end(delta, true);
    }
    const std::string_view done = refuses ? "response.refusal.done" : "response.output_text.done";
    std::string& out = begin_in_item(done) += ",\"content_index\":0,";
    append_quoted(text_.draft.text.text,
                  out += refuses ? "\"refusal\":" : "\"logprobs\":[],\"text\":");
    end(done, false);
    text_.append_part(
        true, begin_in_item("response.content_part.done") += ",\"content_index\":0,\"part\":");
    end("response.content_part.done", false);
  }

  void call() {
    const std::size_t call = text_.call_of(item_);
    for (std::size_t i = 0; i < text_.draft.arguments[call].size(); ++i) {
      std::string& out = begin_in_item("response.function_call_arguments.delta") += ",\"delta\":";
      append_quoted(text_.draft.arguments[call][i], out);
      end("response.function_call_arguments.delta", true);
    }
    std::string& out = begin_in_item("response.function_call_arguments.done");
    append_quoted(text_.draft.calls[call].name, out += ",\"name\":");
    append_quoted(text_.draft.calls[call].arguments, out += ",\"arguments\":");
    end("response.function_call_arguments.done", false);
  }

  void summary_part(std::string_view name, std::string_view text) {
    std::string& out = begin_in_item(name) +=
        ",\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":";
    append_quoted(text, out);
    out += '}';
    end(name, false);
  }

  void reasoning() {
    const Pieces& pieces = text_.draft.reasoning;
    summary_part("response.reasoning_summary_part.added", "");
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      std::string& out = begin_in_item("response.reasoning_summary_text.delta") +=
          ",\"summary_index\":0,\"delta\":";
      append_quoted(pieces[i], out);
      end("response.reasoning_summary_text.delta", true);
    }
    append_quoted(pieces.text, begin_in_item("response.reasoning_summary_text.done") +=
                               ",\"summary_index\":0,\"text\":");
    end("response.reasoning_summary_text.done", false);
    summary_part("response.reasoning_summary_part.done", pieces.text);
  }

  const ResponseText& text_;
  EventList events_;
  std::int64_t sequence_ = 0;
  std::size_t item_ = 0;
};

}  // namespace

EventList stream_response(const ResponseText& text) {
  return Stream(text).write();
}

}  // namespace penstock::demo::model
