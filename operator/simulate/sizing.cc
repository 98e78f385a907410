#include "operator/simulate/sizing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace penstock::simulate {
namespace {

constexpr int kQueue = 256;
constexpr double kTtftTail = 3;  // 95 % of an exponential distribution lies below 3 means
constexpr std::size_t kFirst_s = 600;
constexpr double kUtilization = 0.7;

// Of the b and g part; what the iterations cost however small they are is shared by the batch.
double cost(const autoscale::ServiceParameters& service, double input, double output) {
  const auto& [a, b, g] = service;
  return (b + g) * input + output * (b + g * (input + output / 2));
}

}  // namespace

autoscale::RequestShape shape_of(const Arrivals& load) {
  double input = 0;
  double output = 0;
  for (const Arrival& arrival : load) {
    input += arrival.input_tokens;
    output += arrival.output_tokens;
  }
  const double count = std::max(1.0, static_cast<double>(load.size()));
  return {.input_tokens = input / count, .output_tokens = std::max(1.0, output / count)};
}

autoscale::EngineBounds bounds_of(const EngineModel& engine, const autoscale::RequestShape& shape) {
  const double by_cache = engine.kv_tokens / (shape.input_tokens + shape.output_tokens / 2);
  const double batch = std::min(by_cache, static_cast<double>(engine.sequences_max));
  return {.batch_max = std::max(1, static_cast<int>(batch)), .queue_max = kQueue};
}

double sustainable_per_s(const EngineModel& engine, const autoscale::RequestShape& shape,
                         const Promise& promise) {
  const autoscale::QueueModel model(engine.service, shape, bounds_of(engine, shape));
  const double rate = model
                          .sustainable({.ttft_ms = promise.ttft_s / kTtftTail * 1e3,
                                        .itl_ms = promise.tpot_s * 1e3})
                          .requests_per_s;
  return std::max(0.001, rate);
}

std::vector<double> busy_replicas(const Arrivals& load, const EngineModel& engine,
                                  const Promise& promise) {
  std::vector<double> busy;
  if (load.empty()) {
    return busy;
  }
  busy.resize(static_cast<std::size_t>(load.back().at_us / 1'000'000) + 1);
  double costs = 0;
  for (const Arrival& arrival : load) {
    const double one = cost(engine.service, arrival.input_tokens, arrival.output_tokens);
    busy[static_cast<std::size_t>(arrival.at_us / 1'000'000)] += one;
    costs += one;
  }
  const double rate = sustainable_per_s(engine, shape_of(load), promise);
  const double each = static_cast<double>(load.size()) / (costs * rate);
  for (double& second : busy) {
    second *= each;
  }
  return busy;
}

int replicas_at_start(const std::vector<double>& busy) {
  const std::size_t seconds = std::min(kFirst_s, busy.size());
  const double sum =
      std::accumulate(busy.begin(), busy.begin() + static_cast<std::ptrdiff_t>(seconds), 0.0);
  const double mean = seconds > 0 ? sum / static_cast<double>(seconds) : 0;
  return std::max(1, static_cast<int>(std::ceil(mean / kUtilization)));
}

}  // namespace penstock::simulate
