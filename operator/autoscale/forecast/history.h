#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "operator/autoscale/forecast/bin_index.h"

namespace penstock::forecast {

// The newest bins of a series, a fixed number of them. A bin that was not observed is missing,
// which is another thing than zero.
//
// Threads: not safe.
class History {
 public:
  // REQUIRES: capacity >= 1, in bins. Allocates all it will ever need.
  explicit History(std::size_t capacity);

  // Appends a bin; those skipped since the newest one are missing. The cost of a gap is bounded by
  // the capacity. REQUIRES: bin > newest(), where there is one; value >= 0 and finite.
  void append(BinIndex bin, std::optional<double> value);

  // Nothing was observed so far.
  [[nodiscard]] bool empty() const { return !last_bin_; }
  // The bin appended last, missing or not. REQUIRES: append was called.
  [[nodiscard]] BinIndex newest() const { return newest_.value_or(0); }
  [[nodiscard]] bool accepts(BinIndex bin) const { return !newest_ || bin > *newest_; }
  // The last bin with a value, and that value. REQUIRES: !empty().
  [[nodiscard]] BinIndex last_bin() const { return last_bin_.value_or(0); }
  [[nodiscard]] double last_value() const { return last_value_; }
  [[nodiscard]] std::size_t capacity() const { return values_.size(); }

  // The value of a bin; none where it is missing, has been dropped, or is yet to come.
  [[nodiscard]] std::optional<double> at(BinIndex bin) const;

  // Mean of the values in the `width` bins around `centre` (of an even number, one more before it
  // than behind it). REQUIRES: width >= 1.
  [[nodiscard]] std::optional<double> mean_around(BinIndex centre, int width) const;

  // The largest value held, 0 for none.
  [[nodiscard]] double largest() const;

 private:
  std::vector<double> values_;  // by bin modulo the capacity; NaN: missing
  std::optional<BinIndex> newest_;
  std::optional<BinIndex> last_bin_;
  double last_value_ = 0;
};

}  // namespace penstock::forecast
