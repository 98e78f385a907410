#include "deploy/demo/load/plan.h"

#include <algorithm>
#include <memory>

#include <nlohmann/json.hpp>

#include "deploy/demo/model/text.h"
#include "deploy/demo/wire/message.h"

namespace penstock::demo::load {
namespace {

struct Question {
  std::size_t prompt = 0;
  std::size_t variation = 0;  // 0: the prompt as it stands
  Kind kind = Kind::kChat;
};

struct Planned {
  Question question;
  bool stream = false;
};

// A number in [0, 1) from the plan's own sequence.
double dice(std::uint64_t& state) {
  state = model::mix(state);
  return static_cast<double>(state >> 11U) / 9007199254740992.0;  // 2^53
}

std::size_t pick(std::uint64_t& state, std::size_t count) {
  return std::min(static_cast<std::size_t>(dice(state) * static_cast<double>(count)), count - 1);
}

std::vector<Planned> plan_questions(const MixOptions& options, std::size_t prompts) {
  // Every fourth repetition follows at once on what it repeats.
  constexpr double kAtOnce = 0.25;
  std::vector<Planned> calls;
  std::vector<Question> asked;
  std::uint64_t state = options.seed;
  while (calls.size() < options.requests) {
    Planned call;
    if (!asked.empty() && dice(state) < options.repeat_share) {
      call.question = dice(state) < kAtOnce ? asked.back() : asked[pick(state, asked.size())];
    } else {
      const std::size_t fresh = asked.size();
      const Kind kind = options.kinds[pick(state, options.kinds.size())];
      call.question = {fresh % prompts, fresh / prompts, kind};
      asked.push_back(call.question);
    }
    call.stream = call.question.kind != Kind::kEmbeddings && dice(state) < options.stream_share;
    calls.push_back(call);
  }
  return calls;
}

}  // namespace

Result<std::vector<Kind>> kinds_of(std::string_view list) {
  std::vector<Kind> kinds;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view name = wire::trimmed(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (name == "openai") {
      kinds.push_back(Kind::kChat);
    } else if (name == "anthropic") {
      kinds.push_back(Kind::kMessages);
    } else if (name == "responses") {
      kinds.push_back(Kind::kResponses);
    } else if (name == "embeddings") {
      kinds.push_back(Kind::kEmbeddings);
    } else {
      return fail(
          ErrorCode::kInvalidConfig,
          "--dialects knows openai, anthropic, responses and embeddings, not " + std::string(name));
    }
  }
  if (kinds.empty()) {
    return fail(ErrorCode::kInvalidConfig, "--dialects must name at least one");
  }
  return kinds;
}

Result<std::vector<std::string>> read_prompts(std::string_view jsonl) {
  std::vector<std::string> prompts;
  for (std::size_t line = 1; !jsonl.empty(); ++line) {
    const auto end = jsonl.find('\n');
    const std::string_view text = wire::trimmed(jsonl.substr(0, end));
    jsonl.remove_prefix(end == std::string_view::npos ? jsonl.size() : end + 1);
    if (text.empty()) {
      continue;
    }
    const auto question = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const bool usable = question.is_object() && question.contains("turns") &&
                        question["turns"].is_array() && !question["turns"].empty() &&
                        question["turns"][0].is_string();
    if (!usable) {
      return fail(ErrorCode::kInvalidConfig,
                  "line " + std::to_string(line) + " of the prompts has no \"turns\"");
    }
    prompts.push_back(question["turns"][0].get<std::string>());
  }
  if (prompts.empty()) {
    return fail(ErrorCode::kInvalidConfig, "the file of prompts is empty");
  }
  return prompts;
}

std::vector<std::string> sample_prompts() {
  return {"Explain to a new colleague what a reverse proxy does, in three sentences.",
          "Write a polite reply to a customer whose parcel is five days late.",
          "Which three questions should a code review of a cache always ask?",
          "Summarise the water cycle for a ten-year-old.",
          "Translate into German: The early bird catches the worm.",
          "Give me a regular expression for ISO 8601 dates, and say what it misses.",
          "What is the difference between latency and throughput? Use a canal as the picture.",
          "List five uses for leftover rice.",
          "Draft an incident report: a certificate expired on a Sunday.",
          "How does S3-FIFO differ from LRU?",
          "Write a haiku about a mill.",
          "My SQL query is slow although there is an index. What should I look at first?",
          "Compose a short bedtime story about a lighthouse.",
          "Explain compound interest with one example.",
          "What should a runbook for a full disk contain?",
          "Suggest a name for a tool that saves money on language models.",
          "Rewrite more simply: utilise the aforementioned apparatus.",
          "Which metrics tell that a queue is about to overflow?",
          "Plan a two-day visit to a city by a river.",
          "What are the risks of retrying a request that is not idempotent?"};
}

Call make_call(Kind kind, std::string_view prompt, bool stream) {
  Call call;
  call.stream = stream;
  call.headers = "content-type: application/json\r\n";
  std::string quoted;
  model::append_quoted(prompt, quoted);
  const std::string streams = stream ? ",\"stream\":true" : "";
  switch (kind) {
    case Kind::kChat:
      call.path = "/v1/chat/completions";
      call.body =
          R"({"model":"gpt-4o-mini","messages":[{"role":"system","content":"You are a helpful assistant."},)"
          R"({"role":"user","content":)" +
          quoted + "}]" + streams + (stream ? R"(,"stream_options":{"include_usage":true}})" : "}");
      break;
    case Kind::kMessages:
      call.path = "/v1/messages";
      call.headers += "anthropic-version: 2023-06-01\r\n";
      call.body =
          R"({"model":"claude-sonnet-5","max_tokens":1024,"messages":[{"role":"user","content":)" +
          quoted + "}]" + streams + "}";
      break;
    case Kind::kResponses:
      call.path = "/v1/responses";
      call.body = R"({"model":"gpt-4o-mini","store":false,"input":)" + quoted + streams + "}";
      break;
    case Kind::kEmbeddings:
      call.path = "/v1/embeddings";
      call.body =
          R"({"model":"text-embedding-3-small","encoding_format":"base64","input":)" + quoted + "}";
      break;
  }
  return call;
}

Plan mix_plan(const MixOptions& options, std::vector<std::string> prompts) {
  auto calls =
      std::make_shared<const std::vector<Planned>>(plan_questions(options, prompts.size()));
  auto texts = std::make_shared<const std::vector<std::string>>(std::move(prompts));
  const auto at = [calls, texts](std::size_t index) {
    const Planned& call = (*calls)[index];
    std::string prompt = (*texts)[call.question.prompt];
    if (call.question.variation > 0) {
      prompt += " (variation " + std::to_string(call.question.variation) + ")";
    }
    return make_call(call.question.kind, prompt, call.stream);
  };
  return {calls->size(), at};
}

}  // namespace penstock::demo::load
