#include "operator/reconcile/batch_limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string_view>

#include "operator/reconcile/container_options.h"

namespace penstock::reconcile {
namespace {

constexpr std::array<std::string_view, 5> kSequenceOptions = {
    "--max-num-seqs", "--max-running-requests", "--max_batch_size", "--max-batch-size",
    "--parallel"};
constexpr std::array<std::string_view, 3> kSequenceVariables = {
    "MAX_BATCH_SIZE", "LLAMA_ARG_N_PARALLEL", "OLLAMA_NUM_PARALLEL"};
constexpr std::array<std::string_view, 2> kTokenOptions = {"--max-num-batched-tokens",
                                                           "--max_num_tokens"};

using Limit = std::optional<std::int64_t>;

void take(std::string_view text, Limit& least) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number > 0) {
    least = std::min(least.value_or(number), number);
  }
}

void take_options(const Container& container, std::span<const std::string_view> options,
                  Limit& least) {
  for (const std::string_view option : options) {
    for (const std::string_view value : values_of(container, option)) {
      take(resolved(container, value), least);
    }
  }
}

}  // namespace

BatchLimits batch_limits(const PodTemplate& pods) {
  BatchLimits limits;
  for (const Container& container : pods.containers) {
    take_options(container, kSequenceOptions, limits.sequences);
    take_options(container, kTokenOptions, limits.tokens);
    for (const std::string_view name : kSequenceVariables) {
      if (const EnvVar* variable = variable_of(container, name)) {
        take(variable->value, limits.sequences);
      }
    }
  }
  return limits;
}

}  // namespace penstock::reconcile
