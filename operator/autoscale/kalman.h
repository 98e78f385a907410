#pragma once

#include <array>
#include <cstdint>

#include "operator/autoscale/queue_model.h"

// Keeps the queue model's parameters true to what an engine does: an extended Kalman filter over
// (a, b, g) that observes (TTFT, ITL), as llm-d's Inferno has it, in logarithms on both sides. So
// the parameters stay positive whatever is observed, a tenth more is a tenth more for 6 ms and for
// 0.00002 ms alike, and noise is relative, as that of latencies is.
namespace penstock::autoscale {

// What one replica showed over an interval, under a load that lasted as long.
struct ServiceObservation {
  double requests_per_s = 0;
  RequestShape shape;
  EngineBounds bounds;
  double ttft_ms = 0;  // means
  double itl_ms = 0;
};

struct KalmanSettings {
  double initial_deviation = 1;   // of ln(parameter): a factor of e either way
  double drift_deviation = 0.01;  // of ln(parameter), for each observation
  double noise_deviation = 0.1;   // of ln(observation)
  double gate = 7.378;            // 97.5 % of chi-squared with two degrees of freedom
  // So many refusals, each acceptance taking two off, say that the engine changed, not that the
  // observations are wrong: from then on each one widens what the filter thinks possible.
  int refusals_max = 8;
};

enum class Update : std::uint8_t {
  kAccepted,
  kRefused,   // the normalised innovation squared reached the gate: the old state was restored
  kUnusable,  // not a positive, finite observation
};

// Threads: not safe.
class ParameterFilter {
 public:
  explicit ParameterFilter(const ServiceParameters& initial, const KalmanSettings& settings = {});

  Update observe(const ServiceObservation& seen);

  [[nodiscard]] ServiceParameters parameters() const;
  // Standard deviations of ln(a), ln(b), ln(g).
  [[nodiscard]] std::array<double, 3> deviations() const;
  [[nodiscard]] std::int64_t accepted() const { return accepted_; }

 private:
  using Vector = std::array<double, 3>;
  using Matrix = std::array<Vector, 3>;
  struct Prediction;

  void refuse();

  KalmanSettings settings_;
  Vector state_{};  // ln(a), ln(b), ln(g)
  Matrix covariance_{};
  std::int64_t accepted_ = 0;
  int refused_ = 0;
};

}  // namespace penstock::autoscale
