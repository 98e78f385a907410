#include "deploy/demo/model/draft.h"

#include <algorithm>

namespace penstock::demo::model {
namespace {

constexpr std::uint64_t kReasoningSalt = 0x7265736e;

Pieces prose(const ModelRequest& request, const Simulation& simulation, std::uint64_t seed) {
  if (const auto bytes = simulation.number(Number::kBodyBytes); bytes != kUnset) {
    return words_of_length(seed, static_cast<std::size_t>(std::min<std::int64_t>(bytes, 64 << 20)));
  }
  if (!request.structured.empty()) {
    return cut(request.structured);
  }
  const auto natural = static_cast<std::int64_t>(24 + seed % 40);
  return words(seed, static_cast<std::size_t>(simulation.number_or(Number::kEvents, natural)));
}

}  // namespace

std::int64_t Draft::tokens() const {
  auto sum = text.size() + reasoning.size();
  for (const Pieces& pieces : arguments) {
    sum += pieces.size() + 4;  // a call's frame counts too
  }
  return static_cast<std::int64_t>(sum);
}

Draft make_draft(const ModelRequest& request, const Simulation& simulation, std::int64_t choice) {
  Draft draft;
  draft.seed = mix(request.seed + static_cast<std::uint64_t>(choice));
  if (request.reasons || simulation.is(Switch::kReasoning)) {
    const auto tokens = simulation.number_or(Number::kReasoningTokens,
                                             static_cast<std::int64_t>(8 + draft.seed % 24));
    draft.reasoning = words(draft.seed ^ kReasoningSalt, static_cast<std::size_t>(tokens));
  }
  if (simulation.is(Switch::kRefusal)) {
    draft.text = cut("I'm sorry, I can't assist with that.");
    draft.finish = Finish::kRefusal;
    return draft;
  }
  if (!request.calls.empty()) {
    draft.calls = request.calls;
    for (const Tool& call : draft.calls) {
      draft.arguments.push_back(cut(call.arguments));
    }
    draft.finish = Finish::kTools;
    return draft;
  }
  draft.text = prose(request, simulation, draft.seed);
  const auto limit =
      static_cast<std::size_t>(std::max<std::int64_t>(0, request.max_tokens.value_or(1 << 30)));
  if (draft.text.size() > limit) {
    draft.text.keep(limit);
    draft.finish = Finish::kLength;
  }
  if (simulation.word(Word::kFinish) == "length") {
    draft.finish = Finish::kLength;
  } else if (simulation.word(Word::kFinish) == "content_filter") {
    draft.finish = Finish::kFilter;
  }
  return draft;
}

std::vector<Draft> make_drafts(const ModelRequest& request, const Simulation& simulation) {
  std::vector<Draft> drafts;
  drafts.reserve(static_cast<std::size_t>(request.choices));
  for (std::int64_t choice = 0; choice < request.choices; ++choice) {
    drafts.push_back(make_draft(request, simulation, choice));
  }
  return drafts;
}

Usage openai_usage(const ModelRequest& request, const Simulation& simulation,
                   const std::vector<Draft>& drafts) {
  Usage usage;
  const std::int64_t prompt = request.prompt_tokens;
  const std::int64_t natural = prompt >= 1024 && request.seed % 2 == 0 ? prompt / 2 / 128 * 128 : 0;
  usage.cache_read =
      std::clamp<std::int64_t>(simulation.number_or(Number::kCachedTokens, natural), 0, prompt);
  usage.input = prompt - usage.cache_read;
  for (const Draft& draft : drafts) {
    usage.output += draft.tokens();
    usage.reasoning += static_cast<std::int64_t>(draft.reasoning.size());
  }
  return usage;
}

Usage anthropic_usage(const ModelRequest& request, const Simulation& simulation,
                      const Draft& draft) {
  Usage usage;
  usage.output = draft.tokens();
  usage.reasoning = static_cast<std::int64_t>(draft.reasoning.size());
  const std::int64_t half = request.marks_cache ? request.prompt_tokens / 2 : 0;
  const bool reads = request.seed % 2 == 0;
  usage.cache_read = simulation.number_or(Number::kCacheRead, reads ? half : 0);
  usage.cache_write_5m = simulation.number_or(Number::kCacheWrite5m, reads ? 0 : half);
  usage.cache_write_1h = simulation.number_or(Number::kCacheWrite1h, 0);
  usage.input = request.prompt_tokens - half;
  return usage;
}

}  // namespace penstock::demo::model
