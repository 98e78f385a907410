#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/json/field.h"
#include "operator/autoscale/load.h"
#include "operator/autoscale/queue_model.h"
#include "operator/autoscale/time.h"

// What one replica can carry, by accelerator type, from four sources (llm-d's saturation model V2
// and its queue model):
//
//   configured   what the policy says of KV, or of any rate; nothing else is then asked of it
//   k1           0.8 x the tokens that the KV cache holds
//   k2           what a replica carried while its queue was at the threshold: the median of the
//   last
//                samples of the same accelerator and output length; without enough of them
//                N* (I + O / 2), N* = min(B O / (I + O), S), from the engine's limits
//   lambda*      the rate at which the queue model keeps the objectives
//
// kv is the smaller of k1 and k2. Rates are those of lambda*, shortened alike where full replicas
// carried less in all of them, and what was observed where there is no lambda*.
namespace penstock::autoscale {

enum class CapacitySource : std::uint8_t {
  kNone,
  kConfigured,
  kObserved,
  kEngineLimits,
  kKvLimit,
  kQueueModel,
};
constexpr auto enum_names(CapacitySource) {
  return std::array{json::EnumName{CapacitySource::kNone, "None"},
                    json::EnumName{CapacitySource::kConfigured, "Configured"},
                    json::EnumName{CapacitySource::kObserved, "Observed"},
                    json::EnumName{CapacitySource::kEngineLimits, "EngineLimits"},
                    json::EnumName{CapacitySource::kKvLimit, "KeyValueLimit"},
                    json::EnumName{CapacitySource::kQueueModel, "QueueModel"}};
}

struct CapacitySettings {
  milliseconds warm_up{
      180'000};                 // a pod's first minutes teach nothing: caches fill, graphs compile
  milliseconds spacing{5'000};  // between two samples of one accelerator and output length
  double queue_threshold = 5;   // waiting requests at which a replica is full
  double kv_share = 0.8;        // of the KV cache that may be planned with
  int samples_min = 5;          // before their median counts
};

// What one pod carried at one time.
struct CapacitySample {
  std::string accelerator;  // "nvidia.com/gpu.product" or alike; empty: not known
  milliseconds pod_age{0};  // since it was ready
  Load carried;             // kv: in use, without what waits
  double waiting = 0;
  double output_tokens = 0;  // mean
};

struct EngineLimits {
  std::optional<double> kv_tokens;           // that the KV cache holds
  std::optional<double> sequences_max;       // S
  std::optional<double> batched_tokens_max;  // B
};

struct Capacity {
  Load one;  // of one replica; no value: not known
  CapacitySource kv_source = CapacitySource::kNone;
  CapacitySource rate_source = CapacitySource::kNone;  // of the rates

  bool operator==(const Capacity&) const = default;
  static constexpr auto fields() {
    using T = Capacity;
    return std::tuple{json::Field{"one", &T::one}, json::Field{"kvSource", &T::kv_source},
                      json::Field{"rateSource", &T::rate_source}};
  }
};

struct CapacityQuery {
  std::string accelerator;
  RequestShape shape;
  EngineLimits limits;
  std::optional<double> sustainable_per_s;  // lambda*, requests/s
  Load configured;
};

// Memory: at most kKeysMax x kSamplesMax samples; a key beyond that is not learned.
// Threads: not safe.
class CapacityModel {
 public:
  static constexpr std::size_t kKeysMax = 256;
  static constexpr std::size_t kSamplesMax = 128;

  explicit CapacityModel(const CapacitySettings& settings = {}) : settings_(settings) {}

  // False: it taught nothing (warm-up, queue below the threshold, too close to the last one, not a
  // number, too many keys).
  bool observe(Time now, const CapacitySample& sample);

  // The engine may be another one: of what was seen, the newest stands until as much is seen again.
  void renew();

  // The nearest output length with enough samples speaks for one that has none.
  [[nodiscard]] Capacity capacity(const CapacityQuery& query) const;

 private:
  using Key = std::pair<std::string, int>;  // accelerator, floor(log2(output tokens))
  struct Samples {
    std::vector<Load> ring;
    std::size_t next = 0;
    Time last;
  };

  [[nodiscard]] const Samples* nearest(const std::string& accelerator, int bucket) const;
  void set_kv(const CapacityQuery& query, const Samples* seen, Capacity& to) const;
  static void set_rates(const CapacityQuery& query, const Samples* seen, Capacity& to);

  CapacitySettings settings_;
  std::map<Key, Samples> samples_;
};

}  // namespace penstock::autoscale
