#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "operator/autoscale/queue_model.h"

// Keeps the queue model's parameters true to what an engine does: an extended Kalman filter over
// (a, b, g) that observes (TTFT, ITL), as llm-d's Inferno has it, in logarithms on both sides. So
// the parameters stay positive whatever is observed, a tenth more is a tenth more for 6 ms and for
// 0.00002 ms alike, and noise is relative, as that of latencies is.
//
// Inferno derives the batch from the rate, by the queue; here it is what was seen. Bursts fill a
// batch far beyond what the queue makes of a mean rate, and were taken for a slow engine.
namespace penstock::autoscale {

// What one replica showed over an interval, under a load that lasted as long.
struct ServiceObservation {
  double batch = 0;  // how many others a request was served with, in the mean of requests
  RequestShape shape;
  std::optional<double> ttft_ms;  // means; nullopt: requests waited, which says nothing of a batch
  double itl_ms = 0;
};

struct KalmanSettings {
  // Of ln(parameter), before anything is seen: engines are slower or faster than another in all
  // three alike, and differ in each less than that.
  double speed_deviation = 1;
  double initial_deviation = 0.5;
  double drift_deviation = 0.01;  // of ln(parameter), for each observation
  double ttft_noise = 0.1;        // deviation of ln(observation)
  double itl_noise = 0.1;
  double gate = 7.378;  // 97.5 % of chi-squared with two degrees of freedom
  // So many refusals, each acceptance taking two off, say that the engine changed, not that the
  // observations are wrong: from then on each one widens what the filter thinks possible.
  int refusals_max = 8;
};

enum class Update : std::uint8_t {
  kAccepted,
  kRefused,   // the normalised innovation squared reached the gate: the old state was restored
  kDoubted,   // the same once more, after so many that the engine is taken to have changed
  kUnusable,  // not a positive, finite observation
};

// Threads: not safe.
class ParameterFilter {
 public:
  explicit ParameterFilter(const ServiceParameters& initial, const KalmanSettings& settings = {});

  Update observe(const ServiceObservation& seen);

  // The engine may be another one: makes `share` of what was not known at first unknown again.
  void doubt(double share);

  [[nodiscard]] ServiceParameters parameters() const;
  // Standard deviations of ln(a), ln(b), ln(g).
  [[nodiscard]] std::array<double, 3> deviations() const;
  [[nodiscard]] std::int64_t accepted() const { return accepted_; }

 private:
  using Vector = std::array<double, 3>;
  using Matrix = std::array<Vector, 3>;
  struct Prediction;

  Update refuse();

  KalmanSettings settings_;
  Vector state_{};  // ln(a), ln(b), ln(g)
  Matrix covariance_{};
  std::int64_t accepted_ = 0;
  int refused_ = 0;
};

}  // namespace penstock::autoscale
