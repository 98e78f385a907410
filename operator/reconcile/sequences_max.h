#pragma once

#include <cstdint>
#include <optional>

#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// How many requests an engine serves at once, as far as its command line or variables say it: of
// vLLM (of each rank), SGLang, TensorRT-LLM, text-generation-inference, llama.cpp and Ollama. Where
// it is said several times, the least; what is no positive number says nothing.
std::optional<std::int64_t> sequences_max(const PodTemplate& pods);

}  // namespace penstock::reconcile
