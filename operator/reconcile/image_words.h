#pragma once

#include <string>
#include <string_view>

// What the name of an image tells.
namespace penstock::reconcile {

// The words of its repository's name, without registry, tag and digest, each between two '-':
// "-vllm-openai-" of "registry:5000/team/vllm-openai:v1". Its path's last part alone, and those
// before it where that only says how it was built ("tensorrt-llm/release").
std::string image_words(std::string_view image);

// Whether such words name a build of `mark`, and not something beside it: "-my-vllm-cuda-" is one
// of vllm, "-vllm-router-" and "-triton-vllm-" are not. A word that is not known, before or
// after, makes it something else.
bool is_build_of(std::string_view words, std::string_view mark);

// "server-cuda" of "ghcr.io/ggml-org/llama.cpp:server-cuda@sha256:..."; empty: it has none.
std::string_view tag_of(std::string_view image);

}  // namespace penstock::reconcile
