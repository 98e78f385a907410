#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

// How much room nodes are to have ahead of the load. Arithmetic: the caller brings the time.
namespace penstock::capacity {

inline constexpr int kCountMax = 1'000'000'000;

struct HeadroomLimits {
  std::optional<int> gpus;                               // of the headroom
  std::optional<std::int64_t> picodollars_per_hour;      // of the headroom; needs the price
  std::optional<std::int64_t> gpu_picodollars_per_hour;  // the price of one GPU
};

struct HeadroomInputs {
  std::int64_t now_ms = 0;
  // Replicas for the forecast's quantile at the node lead time; nullopt: no trained forecast.
  std::optional<int> forecast;
  int desired = 0;       // what the autoscaler wants at this moment
  int replicas_max = 0;  // of the target
  int headroom_min = 0;
  int present = 0;           // the target's replicas, those that wait for a node included
  int interrupted = 0;       // of these, on nodes that are about to go
  int allocatable = 0;       // replicas that nodes have GPUs for, those that run included
  int gpus_per_replica = 1;  // > 0
  HeadroomLimits limits;
};

// Why the headroom is what it is; docs/design/capacity.md says of each what it means.
enum class HeadroomReason : std::uint8_t {
  kForecast,      // the forecast asks for more than there is
  kMinimum,       // minHeadroom does
  kLoad,          // the load of the moment does
  kInterruption,  // replicas on nodes that go are to be replaced
  kEnough,        // what there is suffices
  kMaximum,       // more is asked for than the target may have
  kLimited,       // limits hold it below what is asked for
  kSettling,      // less would do, but more was asked for a moment ago
  kUntrained,     // no forecast yet: it is not lowered
};
constexpr std::string_view name_of(HeadroomReason reason) {
  switch (reason) {
    case HeadroomReason::kForecast: return "Forecast";
    case HeadroomReason::kMinimum: return "MinHeadroom";
    case HeadroomReason::kLoad: return "Load";
    case HeadroomReason::kInterruption: return "Interruption";
    case HeadroomReason::kEnough: return "Enough";
    case HeadroomReason::kMaximum: return "Maximum";
    case HeadroomReason::kLimited: return "Limited";
    case HeadroomReason::kSettling: return "Settling";
    case HeadroomReason::kUntrained: break;
  }
  return "ForecastUntrained";
}

struct HeadroomPlan {
  int expected = 0;  // replicas that nodes have to carry
  int headroom = 0;  // of these, beyond those that there are: room is to be kept for them
  int missing = 0;   // of the expected, those that no node has GPUs for
  int gpus = 0;      // of the headroom
  HeadroomReason reason = HeadroomReason::kEnough;

  bool operator==(const HeadroomPlan&) const = default;
};

// Rises at once and falls after kFallsAfter: a forecast that wavers must not make node autoscalers
// buy and return nodes. What pods take of the headroom is gone from it at once.
//
// Memory:  one entry for each fall within that time.
// Threads: not safe. Times do not go back.
class HeadroomPlanner {
 public:
  static constexpr std::int64_t kFallsAfterMs = 600'000;

  // What was expected before this process began, as far as anyone knows: that is not lowered until
  // there is a forecast.
  void adopt(int expected) { adopted_ = expected; }

  HeadroomPlan plan(const HeadroomInputs& inputs);

 private:
  int hold(std::int64_t now_ms, int expected);

  std::deque<std::pair<std::int64_t, int>> recent_;  // falling: the first is the largest
  std::optional<int> adopted_;
};

// The least of what the limits allow, in replicas.
int headroom_allowed(const HeadroomLimits& limits, int gpus_per_replica);

}  // namespace penstock::capacity
