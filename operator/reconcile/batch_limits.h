#pragma once

#include <cstdint>
#include <optional>

#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// How much an engine takes on at once, as far as its command line or variables say it.
struct BatchLimits {
  std::optional<std::int64_t> sequences;  // requests that are served at once
  std::optional<std::int64_t> tokens;     // that one iteration computes

  bool operator==(const BatchLimits&) const = default;
};

// Of vLLM, SGLang, TensorRT-LLM, text-generation-inference, llama.cpp and Ollama. Where several
// containers say it, the least; what is no positive number says nothing.
BatchLimits batch_limits(const PodTemplate& pods);

}  // namespace penstock::reconcile
