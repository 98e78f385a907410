#include "operator/autoscale/kalman.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace penstock::autoscale {
namespace {

constexpr double kStep = 1e-4;      // of the difference quotient, in logarithms
constexpr double kVarianceMax = 4;  // a factor of e^2: beyond it the linearisation is fiction
constexpr double kLogMax = 25;      // parameters stay within e^±25
constexpr double kWidening = 0.05;  // of what was not known at first, a refusal

using Vector = std::array<double, 3>;
using Pair = std::array<double, 2>;

ServiceParameters parameters_of(const Vector& state) {
  return {.a = std::exp(state[0]), .b = std::exp(state[1]), .g = std::exp(state[2])};
}

Pair predict(const Vector& state, const ServiceObservation& seen) {
  const BatchLatency latency(parameters_of(state), seen.shape);
  const double itl_ms = latency.decode_ms(seen.batch);
  return {std::log(latency.prefill_ms(seen.batch) + itl_ms), std::log(itl_ms)};
}

bool usable(double value) {
  return std::isfinite(value) && value > 0;
}

}  // namespace

// The observation model linearised around one state.
struct ParameterFilter::Prediction {
  Pair expected{};
  std::array<Vector, 2> slope{};  // H: by parameter

  Prediction(const Vector& state, const ServiceObservation& seen) : expected(predict(state, seen)) {
    for (std::size_t i = 0; i < 3; ++i) {
      Vector moved = state;
      moved[i] += kStep;
      const Pair there = predict(moved, seen);
      for (std::size_t row = 0; row < 2; ++row) {
        slope[row][i] = (there[row] - expected[row]) / kStep;
      }
    }
  }
};

ParameterFilter::ParameterFilter(const ServiceParameters& initial, const KalmanSettings& settings)
    : settings_(settings), state_{std::log(initial.a), std::log(initial.b), std::log(initial.g)} {
  doubt(1);
}

Update ParameterFilter::observe(const ServiceObservation& seen) {
  if (!usable(seen.ttft_ms.value_or(1)) || !usable(seen.itl_ms) || !usable(seen.batch + 1)) {
    return Update::kUnusable;
  }
  Matrix prior = covariance_;
  for (std::size_t i = 0; i < 3; ++i) {
    prior[i][i] += settings_.drift_deviation * settings_.drift_deviation;
  }
  Prediction model(state_, seen);
  Pair innovation{0, std::log(seen.itl_ms) - model.expected[1]};
  if (seen.ttft_ms) {
    innovation[0] = std::log(*seen.ttft_ms) - model.expected[0];
  } else {
    model.slope[0] = {};  // says nothing of any parameter
  }

  std::array<Vector, 2> spread{};  // H P
  for (std::size_t row = 0; row < 2; ++row) {
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        spread[row][i] += model.slope[row][j] * prior[j][i];
      }
    }
  }
  std::array<Pair, 2> total{};  // S = H P H' + R
  for (std::size_t row = 0; row < 2; ++row) {
    for (std::size_t column = 0; column < 2; ++column) {
      for (std::size_t i = 0; i < 3; ++i) {
        total[row][column] += spread[row][i] * model.slope[column][i];
      }
    }
    const double noise = row == 0 ? settings_.ttft_noise : settings_.itl_noise;
    total[row][row] += noise * noise;
  }
  const double determinant = total[0][0] * total[1][1] - total[0][1] * total[1][0];
  const std::array<Pair, 2> inverse{Pair{total[1][1] / determinant, -total[0][1] / determinant},
                                    Pair{-total[1][0] / determinant, total[0][0] / determinant}};
  const Pair weighted{inverse[0][0] * innovation[0] + inverse[0][1] * innovation[1],
                      inverse[1][0] * innovation[0] + inverse[1][1] * innovation[1]};
  const double nis = innovation[0] * weighted[0] + innovation[1] * weighted[1];
  if (!(nis < settings_.gate)) {
    return refuse();
  }

  for (std::size_t i = 0; i < 3; ++i) {
    state_[i] += spread[0][i] * weighted[0] + spread[1][i] * weighted[1];
    state_[i] = std::clamp(state_[i], -kLogMax, kLogMax);
    for (std::size_t j = 0; j < 3; ++j) {
      double gained = 0;  // P H' S^-1 H P, symmetric
      for (std::size_t row = 0; row < 2; ++row) {
        gained +=
            spread[row][i] * (inverse[row][0] * spread[0][j] + inverse[row][1] * spread[1][j]);
      }
      covariance_[i][j] = prior[i][j] - gained;
    }
  }
  for (std::size_t i = 0; i < 3; ++i) {
    covariance_[i][i] = std::clamp(covariance_[i][i], 1e-12, kVarianceMax);
  }
  ++accepted_;
  // Not to 0: among the observations of a changed engine are some that fit by chance.
  refused_ = std::max(0, refused_ - 2);
  return Update::kAccepted;
}

Update ParameterFilter::refuse() {
  if (++refused_ < settings_.refusals_max) {
    return Update::kRefused;
  }
  doubt(kWidening);
  return Update::kDoubted;
}

// Widened by the same for each parameter: the one that is known best is as likely to have changed.
void ParameterFilter::doubt(double share) {
  const double all = settings_.speed_deviation * settings_.speed_deviation;
  const double each = settings_.initial_deviation * settings_.initial_deviation;
  if (std::ranges::max({covariance_[0][0], covariance_[1][1], covariance_[2][2]}) >= kVarianceMax) {
    return;
  }
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      covariance_[i][j] += share * (all + (i == j ? each : 0));
    }
  }
}

ServiceParameters ParameterFilter::parameters() const {
  return parameters_of(state_);
}

std::array<double, 3> ParameterFilter::deviations() const {
  return {std::sqrt(covariance_[0][0]), std::sqrt(covariance_[1][1]), std::sqrt(covariance_[2][2])};
}

}  // namespace penstock::autoscale
