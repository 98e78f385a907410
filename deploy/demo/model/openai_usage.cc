#include "deploy/demo/model/openai_usage.h"

namespace penstock::demo::model {

void append_openai_usage(const Usage& usage, std::string& out) {
  out += "{\"prompt_tokens\":";
  append(usage.prompt(), out);
  out += ",\"completion_tokens\":";
  append(usage.output, out);
  out += ",\"total_tokens\":";
  append(usage.prompt() + usage.output, out);
  out += ",\"prompt_tokens_details\":{\"cached_tokens\":";
  append(usage.cache_read, out);
  out += ",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":";
  append(usage.reasoning, out);
  out += ",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}";
}

std::string openai_tier(const Simulation& simulation) {
  const std::string& tier = simulation.word(Word::kServiceTier);
  std::string quoted;
  append_quoted(tier.empty() ? "default" : std::string_view(tier), quoted);
  return quoted;
}

}  // namespace penstock::demo::model
