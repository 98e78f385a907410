#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result/result.h"

namespace penstock::demo::load {

// One request to be sent, and when (from the start of the run; zero for as soon as possible).
struct Call {
  std::string path;
  std::string body;
  std::string headers;  // complete lines
  bool stream = false;
  std::chrono::microseconds due{0};
};

// The calls of a run, made when they are needed: a trace of long prompts would not fit into memory.
struct Plan {
  std::size_t size = 0;
  std::function<Call(std::size_t)> at;
};

enum class Kind : std::uint8_t { kChat, kMessages, kResponses, kEmbeddings };

struct MixOptions {
  std::size_t requests = 200;
  double repeat_share = 0.5;  // of calls that ask again what was asked before
  double stream_share = 0.5;
  std::vector<Kind> kinds = {Kind::kChat, Kind::kMessages, Kind::kEmbeddings};
  std::uint64_t seed = 1;
};

// "openai,anthropic,responses,embeddings": which kinds of calls to mix.
[[nodiscard]] Result<std::vector<Kind>> kinds_of(std::string_view list);

// The first turn of every line of a file of MT-bench questions. Errors name the line.
[[nodiscard]] Result<std::vector<std::string>> read_prompts(std::string_view jsonl);

// A small set of prompts for when there is no file.
[[nodiscard]] std::vector<std::string> sample_prompts();

// A mixed load: fresh prompts, repeated ones (some at once, so that they meet in flight), streams
// and plain answers. Pure: the same options and prompts make the same plan.
[[nodiscard]] Plan mix_plan(const MixOptions& options, std::vector<std::string> prompts);

// One call of a kind.
[[nodiscard]] Call make_call(Kind kind, std::string_view prompt, bool stream);

}  // namespace penstock::demo::load
