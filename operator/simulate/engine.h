#pragma once

#include <tuple>

#include "lib/json/field.h"
#include "operator/autoscale/queue_model.h"

namespace penstock::simulate {

// One model on one accelerator, as the simulator has it: what an iteration costs, and what limits
// a batch. The parameters are those of the queue model (queue_model.h), but here they price the
// actual batch of each iteration:
//
//   T = a + b (sequences that decode + prompt tokens in it) + g (tokens those sequences attend to
//       + prompt tokens in it)                                                             [ms]
//
// The mean of it over a steady load is the queue model's T(n); unlike that it has bursts, lengths
// that differ, and prompts that make everyone else wait.
struct EngineModel {
  autoscale::ServiceParameters service;
  double kv_tokens = 500'000;      // that the KV cache holds
  int sequences_max = 256;         // in a batch
  int batched_tokens_max = 8'192;  // computed in one iteration: decoding sequences + prompts

  bool operator==(const EngineModel&) const = default;
  static constexpr auto fields() {
    using T = EngineModel;
    constexpr json::Rules kCount{.min = 1, .max = 1'000'000};
    return std::tuple{json::Field{"service", &T::service},
                      json::Field{"kvTokens", &T::kv_tokens, {.min = 1'000}},
                      json::Field{"sequencesMax", &T::sequences_max, kCount},
                      json::Field{"batchedTokensMax", &T::batched_tokens_max, kCount}};
  }
};

}  // namespace penstock::simulate
