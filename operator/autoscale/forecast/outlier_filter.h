#pragma once

#include <chrono>
#include <cstdint>

#include "operator/autoscale/forecast/settings.h"

namespace penstock::forecast {

// Tells spikes and dropouts from new levels. A value is an outlier when it lies more than a factor
// of kFactor outside of the range that the series has shown; when outliers on one side have gone on
// for kPersistence (at the least two bins) they are a new level, and part of the range. The range
// is an envelope of log(1 + value) that closes by the same factor a day, so that what once happened
// is known for about as long as it is of use.
//
// A range and not a median with its deviations: a series that jumps at each change of shift would
// have each of its jumps doubted.
class OutlierFilter {
 public:
  static constexpr double kFactor = 2;
  static constexpr std::chrono::minutes kPersistence{3};
  // Bins at the start that none is an outlier among.
  static constexpr std::uint64_t kUnfiltered = 12;

  enum class Verdict : std::uint8_t {
    kUsual,     // within the range: outliers right before it were a spike or a dropout
    kDoubtful,  // an outlier that may be over with the next bin
    kLasting,   // outliers have gone on for long enough: this is the level now
  };

  explicit OutlierFilter(const Settings& settings);

  // REQUIRES: value >= 0, finite. Missing bins are not told of: they neither end nor lengthen a
  // run.
  Verdict judge(double value);

  // Outliers of this series have been the start of a new level more often than not. Taken for
  // granted until two have not: in the traces that settings were chosen on, 19 of 20 were.
  [[nodiscard]] bool outliers_last() const { return lasted_ + 2 > vanished_; }

 private:
  int persistence_;  // in bins
  double closing_;   // of the envelope, per bin
  double high_ = 0;
  double low_ = 0;
  int run_ = 0;  // outliers in a row, below zero for those that are too low
  std::uint64_t seen_ = 0;
  std::uint64_t lasted_ = 0;
  std::uint64_t vanished_ = 0;
};

}  // namespace penstock::forecast
