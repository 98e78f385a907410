#include "operator/reconcile/sequences_max.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string_view>

#include "operator/reconcile/container_options.h"
#include "operator/reconcile/known_engines.h"

namespace penstock::reconcile {
namespace {

constexpr std::array<std::string_view, 5> kOptions = {"--max-num-seqs", "--max-running-requests",
                                                      "--max_batch_size", "--max-batch-size",
                                                      "--parallel"};
constexpr std::array<std::string_view, 3> kVariables = {"MAX_BATCH_SIZE", "LLAMA_ARG_N_PARALLEL",
                                                        "OLLAMA_NUM_PARALLEL"};

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

std::optional<std::int64_t> sequences_max(const PodTemplate& pods) {
  Limit least;
  for (const Container& container : pods.containers) {
    if (recognise_engine(container).engine == nullptr) {
      continue;  // another program may mean something else by the same words
    }
    take_options(container, kOptions, least);
    for (const std::string_view name : kVariables) {
      if (const EnvVar* variable = variable_of(container, name)) {
        take(variable->value, least);
      }
    }
  }
  return least;
}

}  // namespace penstock::reconcile
