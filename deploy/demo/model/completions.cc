#include <algorithm>

#include "deploy/demo/model/answer.h"
#include "deploy/demo/model/draft.h"
#include "deploy/demo/model/openai_usage.h"

namespace penstock::demo::model {
namespace {

std::string_view finish_reason(Finish finish) {
  if (finish == Finish::kLength) {
    return "\"length\"";
  }
  return finish == Finish::kFilter ? "\"content_filter\"" : "\"stop\"";
}

// The legacy shape: parallel lists over tokens.
void append_logprobs(const Draft& draft, std::size_t from, std::size_t to, std::string& out) {
  out += "{\"tokens\":[";
  for (std::size_t i = from; i < to; ++i) {
    append_quoted(draft.text[i], out += i == from ? "" : ",");
  }
  out += "],\"token_logprobs\":[";
  for (std::size_t i = from; i < to; ++i) {
    out += i == from ? "-0." : ",-0.";
    append(static_cast<std::int64_t>(100 + mix(draft.seed + i) % 900), out);
  }
  out += "],\"top_logprobs\":null,\"text_offset\":[";
  for (std::size_t i = from; i < to; ++i) {
    append(static_cast<std::int64_t>(i == 0 ? 0 : draft.text.ends[i - 1]),
           out += i == from ? "" : ",");
  }
  out += "]}";
}

void append_choice(const ModelRequest& request, const Draft& draft, std::int64_t index,
                   std::string_view text, std::string& out) {
  append_quoted(text, out += "{\"text\":");
  append(index, out += ",\"index\":");
  out += ",\"logprobs\":";
  if (request.logprobs && text.size() >= draft.text.text.size()) {
    append_logprobs(draft, 0, draft.text.size(), out);
  } else {
    out += "null";
  }
}

std::string head(const ModelRequest& request, const Stamp& stamp) {
  std::string out =
      "{\"id\":\"cmpl-" + stamp.unique + "\",\"object\":\"text_completion\",\"created\":";
  append(stamp.created, out);
  append_quoted(request.model, out += ",\"model\":");
  return out += ",\"system_fingerprint\":\"fp_simulated\",\"choices\":[";
}

EventList stream(const ModelRequest& request, const Simulation& simulation, const Stamp& stamp,
                 const std::vector<Draft>& drafts) {
  EventList events;
  const std::string shared = head(request, stamp);
  const bool usage = request.include_usage && !simulation.is(Switch::kNoUsage);
  const std::string_view tail = usage ? ",\"usage\":null}" : "}";
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    for (std::size_t token = 0; token < drafts[i].text.size(); ++token) {
      std::string& out = events.data() += shared;
      append_quoted(drafts[i].text[token], out += "{\"text\":");
      append(index, out += ",\"index\":");
      out += ",\"logprobs\":";
      if (request.logprobs) {
        append_logprobs(drafts[i], token, token + 1, out);
      } else {
        out += "null";
      }
      out += ",\"finish_reason\":null}]";
      out += tail;
      events.end({}, true);
    }
    std::string& out = events.data() += shared;
    append(index, out += "{\"text\":\"\",\"index\":");
    out += ",\"logprobs\":null,\"finish_reason\":";
    out += finish_reason(drafts[i].finish);
    out += "}]";
    out += tail;
    events.end({}, false);
  }
  if (usage) {
    std::string& out = events.data() += shared;
    append_openai_usage(openai_usage(request, simulation, drafts), out += "],\"usage\":");
    out += '}';
    events.end({}, false);
  }
  events.data() += "[DONE]";
  events.end({}, false);
  return events;
}

}  // namespace

Answer completions(const ModelRequest& request, const Simulation& simulation, const Stamp& stamp) {
  Answer answer;
  const std::vector<Draft> drafts = make_drafts(request, simulation);
  for (const Draft& draft : drafts) {
    answer.tokens = std::max(answer.tokens, draft.tokens());
  }
  if (request.stream) {
    answer.streams = true;
    answer.events = stream(request, simulation, stamp, drafts);
    return answer;
  }
  std::string& out = answer.body = head(request, stamp);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    out += i == 0 ? "" : ",";
    const std::string text =
        request.echo ? request.prompt + drafts[i].text.text : drafts[i].text.text;
    append_choice(request, drafts[i], static_cast<std::int64_t>(i), text, out);
    out += ",\"finish_reason\":";
    out += finish_reason(drafts[i].finish);
    out += '}';
  }
  out += ']';
  if (!simulation.is(Switch::kNoUsage)) {
    append_openai_usage(openai_usage(request, simulation, drafts), out += ",\"usage\":");
  }
  out += '}';
  return answer;
}

}  // namespace penstock::demo::model
