#pragma once

#include <cstdint>
#include <vector>

#include "deploy/demo/model/request.h"
#include "deploy/demo/model/simulation.h"
#include "deploy/demo/model/text.h"

namespace penstock::demo::model {

// What the model "says", before any dialect gives it a shape. A stream and a plain answer are two
// renderings of one draft, so they agree by construction.

enum class Finish : std::uint8_t { kStop, kLength, kTools, kFilter, kRefusal };

struct Draft {
  Pieces text;       // the refusal where finish is kRefusal
  Pieces reasoning;  // empty unless the request reasons
  std::vector<Tool> calls;
  std::vector<Pieces> arguments;  // of calls, cut into tokens
  Finish finish = Finish::kStop;
  std::uint64_t seed = 0;

  [[nodiscard]] std::int64_t tokens() const;
};

// The four input classes are disjoint; output includes reasoning.
struct Usage {
  std::int64_t input = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write_5m = 0;
  std::int64_t cache_write_1h = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;

  [[nodiscard]] std::int64_t prompt() const {
    return input + cache_read + cache_write_5m + cache_write_1h;
  }
};

[[nodiscard]] Draft make_draft(const ModelRequest& request, const Simulation& simulation,
                               std::int64_t choice);

[[nodiscard]] std::vector<Draft> make_drafts(const ModelRequest& request,
                                             const Simulation& simulation);

// OpenAI's rule: cached tokens in blocks of 128 from 1024 on. Anthropic's: only where the request
// marks its prefix.
[[nodiscard]] Usage openai_usage(const ModelRequest& request, const Simulation& simulation,
                                 const std::vector<Draft>& drafts);
[[nodiscard]] Usage anthropic_usage(const ModelRequest& request, const Simulation& simulation,
                                    const Draft& draft);

}  // namespace penstock::demo::model
