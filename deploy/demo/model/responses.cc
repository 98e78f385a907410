#include "deploy/demo/model/responses.h"

#include "deploy/demo/model/openai_usage.h"

namespace penstock::demo::model {
namespace {

void append_usage(const Usage& usage, std::string& out) {
  append(usage.prompt(), out += "{\"input_tokens\":");
  append(usage.cache_read, out += ",\"input_tokens_details\":{\"cached_tokens\":");
  append(usage.output, out += "},\"output_tokens\":");
  append(usage.reasoning, out += ",\"output_tokens_details\":{\"reasoning_tokens\":");
  append(usage.prompt() + usage.output, out += "},\"total_tokens\":");
  out += '}';
}

}  // namespace

std::size_t ResponseText::items() const {
  return (draft.reasoning.size() > 0 ? 1U : 0U) + (draft.calls.empty() ? 1U : draft.calls.size());
}

bool ResponseText::is_reasoning(std::size_t item) const {
  return item == 0 && draft.reasoning.size() > 0;
}

bool ResponseText::is_call(std::size_t item) const {
  return !is_reasoning(item) && !draft.calls.empty();
}

std::size_t ResponseText::call_of(std::size_t item) const {
  return item - (draft.reasoning.size() > 0 ? 1U : 0U);
}

std::string ResponseText::item_id(std::size_t item) const {
  std::string id = is_reasoning(item) ? "rs_" : is_call(item) ? "fc_" : "msg_";
  id += stamp.unique;
  append(static_cast<std::int64_t>(item), id);
  return id;
}

void ResponseText::append_part(bool complete, std::string& out) const {
  const bool refuses = draft.finish == Finish::kRefusal;
  out += refuses ? "{\"type\":\"refusal\",\"refusal\":"
                 : "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":";
  append_quoted(complete ? std::string_view(draft.text.text) : "", out);
  out += '}';
}

void ResponseText::append_item(std::size_t item, bool complete, std::string& out) const {
  append_quoted(item_id(item), out += "{\"id\":");
  if (is_reasoning(item)) {
    out += ",\"type\":\"reasoning\",\"summary\":[";
    if (complete) {
      append_quoted(draft.reasoning.text, out += "{\"type\":\"summary_text\",\"text\":");
      out += '}';
    }
    out += "]}";
    return;
  }
  const std::string_view status = !complete                        ? "in_progress"
                                  : final_status() == "incomplete" ? "incomplete"
                                                                   : "completed";
  out += ",\"type\":";
  out += is_call(item) ? "\"function_call\",\"status\":\"" : "\"message\",\"status\":\"";
  out += status;
  if (is_call(item)) {
    const Tool& call = draft.calls[call_of(item)];
    append_quoted(call.name, out += "\",\"name\":");
    append_quoted(complete ? std::string_view(call.arguments) : "", out += ",\"arguments\":");
    out += ",\"call_id\":\"call_" + stamp.unique;
    append(static_cast<std::int64_t>(item), out);
    out += "\"}";
    return;
  }
  out += "\",\"role\":\"assistant\",\"content\":[";
  if (complete) {
    append_part(true, out);
  }
  out += "]}";
}

std::string_view ResponseText::final_status() const {
  return draft.finish == Finish::kLength || draft.finish == Finish::kFilter ? "incomplete"
                                                                            : "completed";
}

void ResponseText::append_response(std::string_view status, std::string& out) const {
  const bool runs = status == "in_progress";
  out += "{\"id\":\"resp_" + stamp.unique + "\",\"object\":\"response\",\"created_at\":";
  append(stamp.created, out);
  out += ",\"status\":\"";
  out += status;
  out += "\",\"error\":";
  out += status == "failed" ? R"({"code":"server_error","message":"The simulated model failed."})"
                            : "null";
  out += ",\"incomplete_details\":";
  if (status == "incomplete") {
    out += draft.finish == Finish::kFilter ? R"({"reason":"content_filter"})"
                                           : R"({"reason":"max_output_tokens"})";
  } else {
    out += "null";
  }
  append_quoted(request.model,
                out += ",\"instructions\":null,\"max_output_tokens\":null,\"model\":");
  out += ",\"output\":[";
  for (std::size_t item = 0; !runs && status != "failed" && item < items(); ++item) {
    append_item(item, true, out += item == 0 ? "" : ",");
  }
  out += "],\"parallel_tool_calls\":true,\"previous_response_id\":";
  if (request.previous_response_id.empty()) {
    out += "null";
  } else {
    append_quoted(request.previous_response_id, out);
  }
  out += ",\"reasoning\":{\"effort\":null,\"summary\":null},\"service_tier\":" +
         openai_tier(simulation);
  out +=
      ",\"store\":true,\"temperature\":1.0,\"text\":{\"format\":{\"type\":\"text\"}},\"tool_"
      "choice\":\"auto\"";
  out += ",\"tools\":[],\"top_p\":1.0,\"truncation\":\"disabled\",\"usage\":";
  if (runs || simulation.is(Switch::kNoUsage)) {
    out += "null";
  } else {
    append_usage(openai_usage(request, simulation, {draft}), out);
  }
  out += request.labels;
  if (simulation.is(Switch::kUnknownFields)) {
    out += ',';
    out += kUnknownMembers;
  }
  out += '}';
}

Answer responses(const ModelRequest& request, const Simulation& simulation, const Stamp& stamp) {
  Answer answer;
  const Draft draft = make_draft(request, simulation, 0);
  const ResponseText text{request, simulation, stamp, draft};
  answer.tokens = draft.tokens();
  if (request.stream) {
    answer.streams = true;
    answer.events = stream_response(text);
    if (simulation.is(Switch::kErrorInStream)) {
      const std::size_t at = error_position(simulation, answer.events.size());
      answer.events.keep(at);
      append(static_cast<std::int64_t>(at),
             answer.events.data() += "{\"type\":\"response.failed\",\"sequence_number\":");
      text.append_response("failed", answer.events.data() += ",\"response\":");
      answer.events.data() += '}';
      answer.events.end("response.failed", false);
    }
  } else {
    text.append_response(text.final_status(), answer.body);
  }
  return answer;
}

}  // namespace penstock::demo::model
