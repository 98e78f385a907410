#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace penstock::forecast {

// Solves A·x = b for a symmetric positive definite A by Cholesky's decomposition, in place: `lower`
// holds the lower triangle row by row (A00, A10, A11, A20, …) and becomes the factor; `x` holds b
// and becomes the solution. False, with both of no use, where A is not positive definite. REQUIRES:
// lower.size() == n · (n + 1) / 2 for n = x.size().
bool solve_positive_definite(std::span<double> lower, std::span<double> x);

// Linear regression by discounted, ridge-penalised least squares on normal equations: minimises
// Σ discount^age · (y - x·c)² + penalty · mean diagonal · |c|². The first feature is the intercept,
// which is not penalised and not part of the mean.
//
// Cost: n² for add, n³/6 for fit, n for predict. Memory: n²/2 numbers.
class RidgeRegression {
 public:
  // REQUIRES: features >= 2; 0 < discount <= 1; penalty > 0.
  RidgeRegression(std::size_t features, double discount, double penalty);

  // REQUIRES: x.size() == features, all finite.
  void add(std::span<const double> x, double y);
  // Computes the coefficients from what was added; they stay as they were where that is singular.
  void fit();
  // 0 until fit. REQUIRES: x.size() == features.
  [[nodiscard]] double predict(std::span<const double> x) const;
  [[nodiscard]] std::size_t samples() const { return samples_; }

 private:
  double discount_;
  double penalty_;
  std::size_t samples_ = 0;
  std::vector<double> products_;  // lower triangle of Σ x·xᵀ
  std::vector<double> targets_;   // Σ x·y
  std::vector<double> coefficients_;
};

}  // namespace penstock::forecast
