#include <algorithm>

#include "deploy/demo/model/answer.h"
#include "deploy/demo/model/draft.h"
#include "deploy/demo/model/openai_usage.h"

namespace penstock::demo::model {
namespace {

std::string_view finish_reason(Finish finish) {
  switch (finish) {
    case Finish::kLength: return "\"length\"";
    case Finish::kTools: return "\"tool_calls\"";
    case Finish::kFilter: return "\"content_filter\"";
    case Finish::kStop:
    case Finish::kRefusal: break;
  }
  return "\"stop\"";
}

// Natural logarithms that depend on the token's place; the tokens beside the chosen one are less
// likely.
void append_logprob(std::string_view token, std::uint64_t seed, std::int64_t rank,
                    std::string& out) {
  out += "{\"token\":";
  append_quoted(token, out);
  out += ",\"logprob\":-";
  append(static_cast<std::int64_t>(rank), out);
  out += '.';
  append(static_cast<std::int64_t>(100 + mix(seed) % 900), out);
  out += ",\"bytes\":[";
  for (std::size_t i = 0; i < token.size(); ++i) {
    out += i == 0 ? "" : ",";
    append(std::int64_t{static_cast<unsigned char>(token[i])}, out);
  }
  out += ']';
}

void append_logprobs(const ModelRequest& request, const Draft& draft, std::size_t from,
                     std::size_t to, std::string& out) {
  out += draft.finish == Finish::kRefusal ? "{\"content\":null,\"refusal\":[" : "{\"content\":[";
  for (std::size_t i = from; i < to; ++i) {
    out += i == from ? "" : ",";
    append_logprob(draft.text[i], draft.seed + i, 0, out);
    out += ",\"top_logprobs\":[";
    for (std::int64_t rank = 0; rank < request.top_logprobs; ++rank) {
      out += rank == 0 ? "" : ",";
      append_logprob(rank == 0 ? draft.text[i]
                               : draft.text[static_cast<std::size_t>(rank) % draft.text.size()],
                     draft.seed + i + static_cast<std::uint64_t>(rank), rank, out);
      out += '}';
    }
    out += "]}";
  }
  out += draft.finish == Finish::kRefusal ? "]}" : "],\"refusal\":null}";
}

void append_call_id(const Stamp& stamp, std::size_t call, std::int64_t choice, std::string& out) {
  out += "\"call_";
  out += stamp.unique;
  append(choice, out);
  append(static_cast<std::int64_t>(call), out);
  out += '"';
}

void append_calls(const Draft& draft, const Stamp& stamp, std::int64_t choice, std::string& out) {
  out += ",\"tool_calls\":[";
  for (std::size_t i = 0; i < draft.calls.size(); ++i) {
    out += i == 0 ? "{\"id\":" : ",{\"id\":";
    append_call_id(stamp, i, choice, out);
    out += ",\"type\":\"function\",\"function\":{\"name\":";
    append_quoted(draft.calls[i].name, out);
    out += ",\"arguments\":";
    append_quoted(draft.calls[i].arguments, out);
    out += "}}";
  }
  out += ']';
}

void append_choice(const ModelRequest& request, const Draft& draft, const Stamp& stamp,
                   std::int64_t choice, std::string& out) {
  const bool refuses = draft.finish == Finish::kRefusal;
  out += "{\"index\":";
  append(choice, out);
  out += ",\"message\":{\"role\":\"assistant\",\"content\":";
  if (refuses || !draft.calls.empty()) {
    out += "null";
  } else {
    append_quoted(draft.text.text, out);
  }
  out += ",\"refusal\":";
  if (refuses) {
    append_quoted(draft.text.text, out);
  } else {
    out += "null";
  }
  if (draft.reasoning.size() > 0) {
    out += ",\"reasoning_content\":";
    append_quoted(draft.reasoning.text, out);
  }
  if (!draft.calls.empty()) {
    append_calls(draft, stamp, choice, out);
  }
  out += ",\"annotations\":[]},\"logprobs\":";
  if (request.logprobs) {
    append_logprobs(request, draft, 0, draft.text.size(), out);
  } else {
    out += "null";
  }
  out += ",\"finish_reason\":";
  out += finish_reason(draft.finish);
  out += '}';
}

// Writes the chunks of one stream: all share their head, and differ in one choice's delta.
class Chunks {
 public:
  Chunks(const ModelRequest& request, const Simulation& simulation, const Stamp& stamp,
         const std::vector<Draft>& drafts)
      : request_(request), simulation_(simulation), stamp_(stamp), drafts_(drafts) {
    head_ = "{\"id\":\"chatcmpl-" + stamp.unique +
            "\",\"object\":\"chat.completion.chunk\",\"created\":";
    append(stamp.created, head_);
    head_ += ",\"model\":";
    append_quoted(request.model, head_);
    head_ += ",\"service_tier\":" + openai_tier(simulation);
    head_ += ",\"system_fingerprint\":\"fp_simulated\",";
    if (simulation.is(Switch::kUnknownFields)) {
      head_ += kUnknownMembers;
      head_ += ',';
    }
    head_ += "\"choices\":[";
  }

  EventList write() {
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      open(i) += "\"role\":\"assistant\",\"content\":";
      close(i, drafts_[i].calls.empty() ? "\"\",\"refusal\":null" : "null", false);
    }
    std::size_t longest = 0;
    for (const Draft& draft : drafts_) {
      longest = std::max(longest, draft.text.size());
    }
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      reasoning(i);
    }
    for (std::size_t token = 0; token < longest; ++token) {
      for (std::size_t i = 0; i < drafts_.size(); ++i) {
        if (token < drafts_[i].text.size()) {
          text(i, token);
        }
      }
    }
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      calls(i);
      finish(i);
    }
    usage();
    events_.data() += "[DONE]";
    events_.end({}, false);
    return std::move(events_);
  }

 private:
  std::string& open(std::size_t choice) {
    std::string& out = events_.data();
    out += head_;
    out += "{\"index\":";
    append(static_cast<std::int64_t>(choice), out);
    return out += ",\"delta\":{";
  }

  void close(std::size_t choice, std::string_view delta, bool token) {
    std::string& out = events_.data();
    out += delta;
    out += "},\"logprobs\":";
    if (token && request_.logprobs && logprobs_at_ < drafts_[choice].text.size()) {
      append_logprobs(request_, drafts_[choice], logprobs_at_, logprobs_at_ + 1, out);
    } else {
      out += "null";
    }
    out += ",\"finish_reason\":null}]";
    end(token);
  }

  // What follows the choices.
  void end(bool token) {
    std::string& out = events_.data();
    spoken_ += token ? 1 : 0;
    if (request_.include_usage && simulation_.is(Switch::kContinuousUsage)) {
      Usage running = openai_usage(request_, simulation_, drafts_);
      running.output = spoken_;
      running.reasoning = std::min(running.reasoning, spoken_);
      out += ",\"usage\":";
      append_openai_usage(running, out);
    } else if (request_.include_usage && !simulation_.is(Switch::kNoUsage)) {
      out += ",\"usage\":null";
    }
    if (simulation_.is(Switch::kObfuscation)) {
      out += ",\"obfuscation\":\"";
      out.append(static_cast<std::size_t>(spoken_ % 7) + 1, 'x');
      out += '"';
    }
    out += '}';
    events_.end({}, token);
  }

  void text(std::size_t choice, std::size_t token) {
    std::string& out = open(choice);
    out += drafts_[choice].finish == Finish::kRefusal ? "\"refusal\":" : "\"content\":";
    append_quoted(drafts_[choice].text[token], out);
    logprobs_at_ = token;
    close(choice, "", true);
  }

  void reasoning(std::size_t choice) {
    const Pieces& pieces = drafts_[choice].reasoning;
    for (std::size_t token = 0; token < pieces.size(); ++token) {
      append_quoted(pieces[token], open(choice) += "\"reasoning_content\":");
      logprobs_at_ = drafts_[choice].text.size();
      close(choice, "", true);
    }
  }

  void calls(std::size_t choice) {
    const Draft& draft = drafts_[choice];
    for (std::size_t call = 0; call < draft.calls.size(); ++call) {
      std::string& out = open(choice);
      out += "\"tool_calls\":[{\"index\":";
      append(static_cast<std::int64_t>(call), out);
      out += ",\"id\":";
      append_call_id(stamp_, call, static_cast<std::int64_t>(choice), out);
      out += ",\"type\":\"function\",\"function\":{\"name\":";
      append_quoted(draft.calls[call].name, out);
      close(choice, ",\"arguments\":\"\"}}]", false);
      for (std::size_t piece = 0; piece < draft.arguments[call].size(); ++piece) {
        open(choice) += "\"tool_calls\":[{\"index\":";
        append(static_cast<std::int64_t>(call), out);
        append_quoted(draft.arguments[call][piece], out += ",\"function\":{\"arguments\":");
        close(choice, "}}]", true);
      }
    }
  }

  void finish(std::size_t choice) {
    std::string& out = open(choice);
    out += "},\"logprobs\":null,\"finish_reason\":";
    out += finish_reason(drafts_[choice].finish);
    out += "}]";
    end(false);
  }

  // With include_usage one more chunk follows, without choices.
  void usage() {
    if (!request_.include_usage || simulation_.is(Switch::kNoUsage)) {
      return;
    }
    std::string& out = events_.data();
    out += head_;
    out += "],\"usage\":";
    append_openai_usage(openai_usage(request_, simulation_, drafts_), out);
    out += '}';
    events_.end({}, false);
  }

  const ModelRequest& request_;
  const Simulation& simulation_;
  const Stamp& stamp_;
  const std::vector<Draft>& drafts_;
  std::string head_;
  EventList events_;
  std::int64_t spoken_ = 0;
  std::size_t logprobs_at_ = 0;
};

}  // namespace

Answer chat(const ModelRequest& request, const Simulation& simulation, const Stamp& stamp) {
  Answer answer;
  const std::vector<Draft> drafts = make_drafts(request, simulation);
  for (const Draft& draft : drafts) {
    answer.tokens = std::max(answer.tokens, draft.tokens());
  }
  if (request.stream) {
    answer.streams = true;
    answer.events = Chunks(request, simulation, stamp, drafts).write();
    return answer;
  }
  std::string& out = answer.body;
  out = "{\"id\":\"chatcmpl-" + stamp.unique + "\",\"object\":\"chat.completion\",\"created\":";
  append(stamp.created, out);
  out += ",\"model\":";
  append_quoted(request.model, out);
  out += ",\"choices\":[";
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    out += i == 0 ? "" : ",";
    append_choice(request, drafts[i], stamp, static_cast<std::int64_t>(i), out);
  }
  out += ']';
  if (!simulation.is(Switch::kNoUsage)) {
    out += ",\"usage\":";
    append_openai_usage(openai_usage(request, simulation, drafts), out);
  }
  out +=
      ",\"service_tier\":" + openai_tier(simulation) + ",\"system_fingerprint\":\"fp_simulated\"";
  if (simulation.is(Switch::kUnknownFields)) {
    out += ',';
    out += kUnknownMembers;
  }
  out += '}';
  return answer;
}

}  // namespace penstock::demo::model
