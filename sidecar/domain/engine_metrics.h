#pragma once

#include <optional>
#include <string_view>

#include "lib/signals/report.h"

namespace penstock::domain {

// What an engine's page of metrics (Prometheus' text format) says of its load, in one set of words:
// vLLM's, SGLang's, TensorRT-LLM's (trtllm-serve, or Triton's backend) and llama.cpp's names are
// known. nullopt where none of them stands there. `age_ms` is left 0.
//
// A reading is there only if the engine states it with a finite number that is not negative. The
// data-parallel parts of one engine are added up, their shares of KV cache averaged; ranks that
// repeat what another says count once.
//
// Tolerant: a line that is no sample is passed over. One pass, no memory that grows with the page;
// parts beyond 64 count as the last.
[[nodiscard]] std::optional<signals::EngineLoad> read_engine_metrics(std::string_view page);

}  // namespace penstock::domain
