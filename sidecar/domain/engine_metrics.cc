#include "sidecar/domain/engine_metrics.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sidecar/domain/prometheus_text.h"

namespace penstock::domain {
namespace {

// What a metric may tell us. Blocks are parts of the KV cache.
enum class Reading : std::uint8_t {
  kRunning,
  kWaiting,
  kPreemptions,
  kKvUsage,
  kKvUsageFormer,  // a name that a newer one replaces; both were shown for a time
  kKvCapacity,     // tokens
  kKvBlocks,
  kKvBlocksUsed,
  kKvBlockTokens,
  kInfo,  // vLLM: the capacity stands in the labels
  kCount
};

struct Row {
  std::string_view metric;
  std::string_view engine;
  Reading reading;
  // Where one metric holds several readings, told apart by a label.
  std::string_view label = {};
  std::string_view value = {};
};

// An engine's name of its own, then what it calls things. The first engine that a page names is
// the one that is read.
constexpr std::array kRows = {
    Row{"vllm:num_requests_running", "vllm", Reading::kRunning},
    Row{"vllm:num_requests_waiting", "vllm", Reading::kWaiting},
    Row{"vllm:num_preemptions_total", "vllm", Reading::kPreemptions},
    Row{"vllm:kv_cache_usage_perc", "vllm", Reading::kKvUsage},  // a share, whatever it is called
    Row{"vllm:gpu_cache_usage_perc", "vllm", Reading::kKvUsageFormer},
    Row{"vllm:cache_config_info", "vllm", Reading::kInfo},
    Row{"sglang:num_running_reqs", "sglang", Reading::kRunning},
    Row{"sglang:num_queue_reqs", "sglang", Reading::kWaiting},
    // Not num_retracted_reqs, which is a gauge of the last batch.
    Row{"sglang:num_retracted_requests_total", "sglang", Reading::kPreemptions},
    Row{"sglang:token_usage", "sglang", Reading::kKvUsage},
    Row{"sglang:max_total_num_tokens", "sglang", Reading::kKvCapacity},
    Row{"trtllm_num_requests_running", "trtllm", Reading::kRunning},
    Row{"trtllm_num_requests_waiting", "trtllm", Reading::kWaiting},
    Row{"trtllm_kv_cache_utilization", "trtllm", Reading::kKvUsage},
    Row{"trtllm_kv_cache_max_blocks", "trtllm", Reading::kKvBlocks},
    Row{"trtllm_kv_cache_tokens_per_block", "trtllm", Reading::kKvBlockTokens},
    Row{"nv_trt_llm_request_metrics", "trtllm", Reading::kRunning, "request_type", "scheduled"},
    Row{"nv_trt_llm_request_metrics", "trtllm", Reading::kWaiting, "request_type", "waiting"},
    Row{"nv_trt_llm_kv_cache_block_metrics", "trtllm", Reading::kKvUsage, "kv_cache_block_type",
        "fraction"},
    Row{"nv_trt_llm_kv_cache_block_metrics", "trtllm", Reading::kKvBlocks, "kv_cache_block_type",
        "max"},
    Row{"nv_trt_llm_kv_cache_block_metrics", "trtllm", Reading::kKvBlocksUsed,
        "kv_cache_block_type", "used"},
    Row{"nv_trt_llm_kv_cache_block_metrics", "trtllm", Reading::kKvBlockTokens,
        "kv_cache_block_type", "tokens_per"},
    Row{"llamacpp:requests_processing", "llamacpp", Reading::kRunning},
    Row{"llamacpp:requests_deferred", "llamacpp", Reading::kWaiting},
    Row{"llamacpp:kv_cache_usage_ratio", "llamacpp", Reading::kKvUsage},
};

// One reading, by the engine's data-parallel parts.
class Parts {
 public:
  static constexpr std::size_t kMax = 64;

  void put(std::size_t part, double value) {
    const std::size_t at = std::min(part, kMax - 1);
    values_[at] = seen_[at] ? std::max(values_[at], value) : value;  // ranks repeat one another
    seen_.set(at);
  }
  [[nodiscard]] bool any() const { return seen_.any(); }
  [[nodiscard]] double sum() const {
    double all = 0;
    for (const double value : values_) {
      all += value;
    }
    return all;
  }
  [[nodiscard]] double mean() const { return sum() / static_cast<double>(seen_.count()); }
  [[nodiscard]] double at(std::size_t part) const { return values_[part]; }

 private:
  std::array<double, kMax> values_{};
  std::bitset<kMax> seen_;
};

// vLLM numbers its engines, SGLang its ranks of data parallelism.
std::size_t part_of(std::string_view labels) {
  for (const std::string_view name : {"engine", "dp_rank"}) {
    const std::optional<double> number = prometheus_number(prometheus_label(labels, name));
    if (number) {
      return static_cast<std::size_t>(*number);
    }
  }
  return 0;
}

class Page {
 public:
  void take(const PrometheusSample& sample) {
    for (const Row& row : kRows) {
      if (row.metric == sample.name && (engine_.empty() || engine_ == row.engine) &&
          (row.label.empty() || prometheus_label(sample.labels, row.label) == row.value)) {
        engine_ = row.engine;
        take(row.reading, sample);
        return;
      }
    }
  }

  [[nodiscard]] std::optional<signals::EngineLoad> load() const {
    if (engine_.empty()) {
      return std::nullopt;
    }
    signals::EngineLoad load{.name = std::string(engine_)};
    load.running = total(Reading::kRunning);
    load.waiting = total(Reading::kWaiting);
    load.preemptions = total(Reading::kPreemptions);
    load.kv_usage = usage();
    load.kv_capacity_tokens = capacity();
    return load;
  }

 private:
  void take(Reading reading, const PrometheusSample& sample) {
    // SGLang tells the total, and then what each priority has of it.
    if (!prometheus_label(sample.labels, "priority").empty()) {
      return;
    }
    const std::size_t part = part_of(sample.labels);
    if (reading == Reading::kInfo) {
      put(Reading::kKvCapacity, part, prometheus_label(sample.labels, "kv_cache_size_tokens"));
      put(Reading::kKvBlocks, part, prometheus_label(sample.labels, "num_gpu_blocks"));
      put(Reading::kKvBlockTokens, part, prometheus_label(sample.labels, "block_size"));
    } else {
      put(reading, part, sample.value);
    }
  }

  void put(Reading reading, std::size_t part, std::string_view text) {
    if (const std::optional<double> value = prometheus_number(text)) {
      parts_[static_cast<std::size_t>(reading)].put(part, *value);
    }
  }

  [[nodiscard]] const Parts& of(Reading reading) const {
    return parts_[static_cast<std::size_t>(reading)];
  }

  [[nodiscard]] std::optional<std::int64_t> total(Reading reading) const {
    const Parts& parts = of(reading);
    return parts.any() ? std::optional(std::llround(parts.sum())) : std::nullopt;
  }

  [[nodiscard]] std::optional<double> usage() const {
    for (const Reading reading : {Reading::kKvUsage, Reading::kKvUsageFormer}) {
      if (of(reading).any()) {
        return std::min(of(reading).mean(), 1.0);
      }
    }
    const double blocks = of(Reading::kKvBlocks).sum();
    if (!of(Reading::kKvBlocksUsed).any() || blocks <= 0) {
      return std::nullopt;
    }
    return std::min(of(Reading::kKvBlocksUsed).sum() / blocks, 1.0);
  }

  [[nodiscard]] std::optional<std::int64_t> capacity() const {
    if (of(Reading::kKvCapacity).any()) {
      return total(Reading::kKvCapacity);
    }
    double tokens = 0;
    for (std::size_t part = 0; part < Parts::kMax; ++part) {
      tokens += of(Reading::kKvBlocks).at(part) * of(Reading::kKvBlockTokens).at(part);
    }
    return tokens > 0 && tokens <= kPrometheusNumberMax ? std::optional(std::llround(tokens))
                                                        : std::nullopt;
  }

  std::string_view engine_;
  std::array<Parts, static_cast<std::size_t>(Reading::kCount)> parts_;
};

}  // namespace

std::optional<signals::EngineLoad> read_engine_metrics(std::string_view text) {
  // Most lines of a page begin as none of ours do, and are not looked at further.
  constexpr std::array<std::string_view, 5> kOurs = {"vllm:", "sglang:", "trtllm_", "nv_trt_llm_",
                                                     "llamacpp:"};
  Page page;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool ours = std::ranges::any_of(
        kOurs, [line](std::string_view prefix) { return line.starts_with(prefix); });
    if (!ours) {
      continue;
    }
    if (const std::optional<PrometheusSample> sample = prometheus_sample(line)) {
      page.take(*sample);
    }
  }
  return page.load();
}

}  // namespace penstock::domain
