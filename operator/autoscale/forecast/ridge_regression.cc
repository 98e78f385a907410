#include "operator/autoscale/forecast/ridge_regression.h"

#include <cmath>

namespace penstock::forecast {
namespace {

// Where row `row` of a lower triangle begins.
constexpr std::size_t row_start(std::size_t row) {
  return row * (row + 1) / 2;
}

}  // namespace

bool solve_positive_definite(std::span<double> lower, std::span<double> x) {
  const std::size_t size = x.size();
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t column = 0; column <= row; ++column) {
      double rest = lower[row_start(row) + column];
      for (std::size_t k = 0; k < column; ++k) {
        rest -= lower[row_start(row) + k] * lower[row_start(column) + k];
      }
      if (row != column) {
        lower[row_start(row) + column] = rest / lower[row_start(column) + column];
      } else if (rest > 0) {
        lower[row_start(row) + row] = std::sqrt(rest);
      } else {
        return false;
      }
    }
  }
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t k = 0; k < row; ++k) {
      x[row] -= lower[row_start(row) + k] * x[k];
    }
    x[row] /= lower[row_start(row) + row];
  }
  for (std::size_t row = size; row-- > 0;) {
    for (std::size_t k = row + 1; k < size; ++k) {
      x[row] -= lower[row_start(k) + row] * x[k];
    }
    x[row] /= lower[row_start(row) + row];
  }
  return true;
}

RidgeRegression::RidgeRegression(std::size_t features, double discount, double penalty)
    : discount_(discount),
      penalty_(penalty),
      products_(row_start(features)),
      targets_(features),
      coefficients_(features) {}

void RidgeRegression::add(std::span<const double> x, double y) {
  std::size_t entry = 0;
  for (std::size_t row = 0; row < x.size(); ++row) {
    for (std::size_t column = 0; column <= row; ++column, ++entry) {
      products_[entry] = discount_ * products_[entry] + x[row] * x[column];
    }
    targets_[row] = discount_ * targets_[row] + x[row] * y;
  }
  ++samples_;
}

void RidgeRegression::fit() {
  const std::size_t size = targets_.size();
  std::vector<double> lower = products_;
  std::vector<double> solution = targets_;
  double diagonal = 0;
  for (std::size_t row = 1; row < size; ++row) {
    diagonal += lower[row_start(row) + row];
  }
  const double added = penalty_ * diagonal / static_cast<double>(size - 1);
  for (std::size_t row = 1; row < size; ++row) {
    lower[row_start(row) + row] += added;
  }
  if (solve_positive_definite(lower, solution)) {
    coefficients_ = std::move(solution);
  }
}

double RidgeRegression::predict(std::span<const double> x) const {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += coefficients_[i] * x[i];
  }
  return sum;
}

}  // namespace penstock::forecast
