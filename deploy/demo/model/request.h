#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result/result.h"

namespace penstock::demo::model {

// What a model server reads out of a request's body, whichever dialect it is in.

struct Tool {
  std::string name;
  std::string arguments;  // JSON that satisfies the tool's schema
};

// One element of an embedding request, with what stands for its text.
struct Input {
  std::string text;
  std::int64_t tokens = 0;
};

struct ModelRequest {
  std::string model;
  bool stream = false;
  bool stream_options = false;
  bool include_usage = false;
  std::int64_t choices = 1;
  std::optional<std::int64_t> max_tokens;
  bool logprobs = false;
  std::int64_t top_logprobs = 0;
  bool reasons = false;       // asks for reasoning or thinking
  bool marks_cache = false;   // carries cache_control
  bool echo = false;          // completions: repeat the prompt
  std::string prompt;         // completions only
  std::vector<Tool> calls;    // the tool calls to answer with, empty for text
  std::string structured;     // the JSON text to answer with, empty for prose
  std::vector<Input> inputs;  // embeddings, moderations
  std::optional<std::int64_t> dimensions;
  bool base64 = false;
  std::string previous_response_id;
  std::string labels;  // JSON members, each after a comma, that a Response repeats as it got them
  std::uint64_t seed = 0;  // of everything that can change an answer, order of keys not included
  std::int64_t prompt_tokens = 0;  // an estimate: a quarter of the text's bytes
};

// Reads a JSON body. Errors: kInvalidRequest with a message for the client.
// Threads: safe; each thread has a parser of its own.
[[nodiscard]] Result<ModelRequest> read_request(std::string_view body);

}  // namespace penstock::demo::model
