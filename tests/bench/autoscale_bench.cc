#include <cstddef>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "operator/autoscale/decision.h"
#include "operator/autoscale/decision_record.h"
#include "operator/autoscale/kalman.h"
#include "operator/autoscale/queue_model.h"
#include "tests/operator/autoscale/targets.h"

namespace penstock::autoscale {
namespace {

constexpr int kPolicies = 1'000;

// A target that shrinks, so that every step of a decision is taken; its history is as full as one
// decision a second makes it.
Inputs loaded(int second, int policy) {
  Inputs inputs = serving(second, 40, 200 + policy % 50 + second % 7);
  inputs.settings.behavior.down.stabilization_window = milliseconds(300'000);
  inputs.settings.objectives = {.ttft_ms = 500, .itl_ms = 24};
  inputs.service = {{6, 0.05, 2e-5}, {1'154, 211}, {64, 256}};
  inputs.forecasts = {forecast(250, 300)};
  inputs.votes = {{"cpu", 30, ""}};
  return inputs;
}

// One decision for each of a thousand policies: the bar is 50 ms.
void BM_DecideForThousandPolicies(benchmark::State& state) {
  std::vector<State> states(kPolicies);
  int second = 0;
  for (; second < 600; ++second) {
    for (int policy = 0; policy < kPolicies; ++policy) {
      State& own = states[static_cast<std::size_t>(policy)];
      own = decide(loaded(second, policy), std::move(own)).state;
    }
  }
  std::vector<Inputs> inputs;
  for (int policy = 0; policy < kPolicies; ++policy) {
    inputs.push_back(loaded(second, policy));
  }
  for (auto _ : state) {
    ++second;
    for (int policy = 0; policy < kPolicies; ++policy) {
      Inputs& seen = inputs[static_cast<std::size_t>(policy)];
      State& own = states[static_cast<std::size_t>(policy)];
      seen.now_ms = kStartMs + second * 1'000LL;
      Outcome outcome = decide(seen, std::move(own));
      benchmark::DoNotOptimize(outcome.decision.desired);
      own = std::move(outcome.state);
    }
  }
}
BENCHMARK(BM_DecideForThousandPolicies)->Unit(benchmark::kMillisecond);

void BM_DecideScaleDown(benchmark::State& state) {
  Inputs inputs = loaded(0, 0);
  inputs.settings.behavior.down.stabilization_window = milliseconds(0);
  inputs.forecasts.clear();
  const State before = settled(40);
  for (auto _ : state) {
    benchmark::DoNotOptimize(decide(inputs, before).decision.desired);
  }
}
BENCHMARK(BM_DecideScaleDown)->Unit(benchmark::kMicrosecond);

void BM_SustainableRate(benchmark::State& state) {
  for (auto _ : state) {
    const QueueModel model({6, 0.05, 2e-5}, {1'154, 211}, {64, 256});
    benchmark::DoNotOptimize(model.sustainable({.ttft_ms = 500, .itl_ms = 24}).requests_per_s);
  }
}
BENCHMARK(BM_SustainableRate)->Unit(benchmark::kMicrosecond);

void BM_KalmanObserve(benchmark::State& state) {
  ParameterFilter filter({6, 0.05, 2e-5});
  const ServiceObservation seen{.batch = 40, .shape = {1'154, 211}, .ttft_ms = 130, .itl_ms = 19.5};
  for (auto _ : state) {
    benchmark::DoNotOptimize(filter.observe(seen));
  }
}
BENCHMARK(BM_KalmanObserve)->Unit(benchmark::kMicrosecond);

void BM_WriteLine(benchmark::State& state) {
  DecisionRecord record{.target = "models/llama", .inputs = loaded(0, 0), .state = settled(40)};
  record.decision = decide(record.inputs, record.state).decision;
  for (auto _ : state) {
    benchmark::DoNotOptimize(write_line(record));
  }
}
BENCHMARK(BM_WriteLine)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace penstock::autoscale
