#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "lib/json/field.h"

// What one replica of an engine with continuous batching does under load: the queueing model of
// llm-d's Inferno (M/M/1 with a service rate that depends on the batch, finite waiting room).
//
//   T(n)   = a + n (b (I + O) / (O + 1) + g (I + O / 2))       one iteration of a batch of n, ms
//   pre(n) = T(n) + (b + g) I                                  prefill of one request
//   dec(n) = T(n) + b + g (I + O / 2)                          one output token
//   mu(n)  = n / (pre(n) + O dec(n)), n = 1 … N                service rate
//   p[i+1] = p[i] lambda / mu(min(i + 1, N)), i < N + Q        birth-death chain
//   X = lambda (1 - p[N + Q]);  S = E[served] / X;  W = E[present] / X - S      (Little)
//   ITL = (S - pre(E[served])) / O;  TTFT = W + pre(E[served]) + ITL
//
// Means of means: no tails, no bursts. Who needs a tail gives it a part of the objective.
namespace penstock::autoscale {

// Of one model on one accelerator; all > 0.
struct ServiceParameters {
  double a = 6;     // ms an iteration takes however small it is
  double b = 0.05;  // ms for each token that is computed
  double g = 2e-5;  // ms for each token that is attended to
  bool operator==(const ServiceParameters&) const = default;
  static constexpr auto fields() {
    using T = ServiceParameters;
    return std::tuple{json::Field{"a", &T::a}, json::Field{"b", &T::b}, json::Field{"g", &T::g}};
  }
};

struct RequestShape {
  double input_tokens = 0;   // mean, without what a cache saved; >= 0
  double output_tokens = 1;  // mean; below 1 counts as 1

  bool operator==(const RequestShape&) const = default;
  static constexpr auto fields() {
    using T = RequestShape;
    return std::tuple{json::Field{"inputTokens", &T::input_tokens},
                      json::Field{"outputTokens", &T::output_tokens}};
  }
};

struct EngineBounds {
  int batch_max = 64;   // N: requests served at once; >= 1
  int queue_max = 256;  // Q: requests that may wait; >= 0

  bool operator==(const EngineBounds&) const = default;
  static constexpr auto fields() {
    using T = EngineBounds;
    return std::tuple{json::Field{"batchMax", &T::batch_max},
                      json::Field{"queueMax", &T::queue_max}};
  }
};
// N + Q at most; what is beyond is cut from Q, then from N.
inline constexpr int kStatesMax = 65'536;

// All that a prediction needs beside the rate.
struct ServiceModel {
  ServiceParameters parameters;
  RequestShape shape;
  EngineBounds bounds;

  bool operator==(const ServiceModel&) const = default;
  static constexpr auto fields() {
    using T = ServiceModel;
    return std::tuple{json::Field{"parameters", &T::parameters}, json::Field{"shape", &T::shape},
                      json::Field{"bounds", &T::bounds}};
  }
};

struct Performance {
  double throughput = 0;  // requests/s
  double served = 0;      // mean batch
  double wait_ms = 0;     // in the queue
  double ttft_ms = 0;     // mean time to first token
  double itl_ms = 0;      // mean time for each further token
  double refused = 0;     // share of arrivals that find the waiting room full
};

struct Objectives {
  std::optional<double> ttft_ms;
  std::optional<double> itl_ms;

  bool operator==(const Objectives&) const = default;
  static constexpr auto fields() {
    using T = Objectives;
    return std::tuple{json::Field{"ttftMs", &T::ttft_ms}, json::Field{"itlMs", &T::itl_ms}};
  }
};

enum class BoundBy : std::uint8_t { kNothing, kTtft, kItl };

struct SustainableRate {
  double requests_per_s = 0;  // lambda*: 0 where even a nearly idle replica misses an objective
  BoundBy bound_by = BoundBy::kNothing;
  double served = 0;  // the mean batch there
};

// What a request sees beside `batch` others of its shape, waiting aside: of them, prompts too. As
// many are there in the mean as a request that comes finds. Threads: safe to read.
class BatchLatency {
 public:
  BatchLatency(const ServiceParameters& parameters, const RequestShape& shape);

  [[nodiscard]] double prefill_ms(double batch) const { return iteration_ms(batch) + prompt_ms_; }
  [[nodiscard]] double decode_ms(double batch) const { return iteration_ms(batch) + token_ms_; }

 private:
  [[nodiscard]] double iteration_ms(double batch) const { return a_ + batch * per_request_ms_; }

  double a_ = 0;
  double per_request_ms_ = 0;  // T(n) = a + n * this
  double prompt_ms_ = 0;
  double token_ms_ = 0;
};

// Not thread-safe to build, safe to read. One evaluation is O(N), and O(N + Q) within
// 0.05 % of mu(N): well under a microsecond for the defaults.
class QueueModel {
 public:
  QueueModel(const ServiceParameters& parameters, const RequestShape& shape,
             const EngineBounds& bounds);

  // REQUIRES: requests_per_s > 0.
  [[nodiscard]] Performance at(double requests_per_s) const;

  // The highest rate in [0.001 mu(1), 0.999 mu(N)] that keeps every objective, by bisection to
  // 1e-7 of the range.
  [[nodiscard]] SustainableRate sustainable(const Objectives& objectives) const;

  // 0.999 mu(N), requests/s.
  [[nodiscard]] double rate_max() const;

 private:
  template <class Keeps>
  [[nodiscard]] double highest(double high, const Keeps& keeps) const;

  BatchLatency latency_;
  double output_tokens_ = 1;
  EngineBounds bounds_;
  std::vector<double> service_ms_;  // 1 / mu(n), at n - 1
};

}  // namespace penstock::autoscale
