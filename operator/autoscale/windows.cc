#include "operator/autoscale/windows.h"

#include <algorithm>
#include <cmath>

namespace penstock::autoscale {
namespace {

std::size_t bucket_count(milliseconds span, milliseconds bucket) {
  const std::int64_t whole = (span.count() + bucket.count() - 1) / bucket.count();
  return static_cast<std::size_t>(std::clamp<std::int64_t>(whole, 1, TotalsWindow::kBucketsMax));
}

}  // namespace

TotalsWindow::TotalsWindow(milliseconds span, milliseconds bucket)
    : bucket_(bucket), buckets_(bucket_count(span, bucket)) {}

std::int64_t TotalsWindow::index_of(Time time) const {
  return ms_of(time) / bucket_.count();
}

std::size_t TotalsWindow::slot_of(std::int64_t index) const {
  return static_cast<std::size_t>(index) % buckets_.size();
}

std::int64_t TotalsWindow::count_in(milliseconds window) const {
  const std::int64_t whole = (window.count() + bucket_.count() - 1) / bucket_.count();
  return std::clamp<std::int64_t>(whole, 1, std::ssize(buckets_));
}

bool TotalsWindow::add(Time now, double total) {
  const std::int64_t index = index_of(now);
  if (!std::isfinite(total) || index < 0 || index <= newest_ - std::ssize(buckets_)) {
    return false;
  }
  newest_ = std::max(newest_, index);
  Bucket& bucket = buckets_[slot_of(index)];
  if (bucket.index != index) {
    bucket = {.index = index};
  }
  bucket.sum += total;
  ++bucket.samples;
  return true;
}

template <class Visit>
void TotalsWindow::visit(Time now, milliseconds window, const Visit& each,
                         std::int64_t samples) const {
  const std::int64_t last = index_of(now);
  const std::int64_t first = std::max<std::int64_t>(0, last - count_in(window) + 1);
  for (std::int64_t index = first; index <= last; ++index) {
    const Bucket& bucket = buckets_[slot_of(index)];
    if (bucket.index == index && bucket.samples >= samples) {
      each(bucket.sum / static_cast<double>(bucket.samples), last - index + 1);
    }
  }
}

std::optional<double> TotalsWindow::mean(Time now, milliseconds window, double seen) const {
  double sum = 0;
  int found = 0;
  std::int64_t oldest = 0;  // in buckets from now
  visit(now, window, [&](double value, std::int64_t age) {
    sum += value;
    ++found;
    oldest = std::max(oldest, age);
  });
  const auto least = seen * static_cast<double>(count_in(window));
  const bool enough = found > 0 && static_cast<double>(oldest) >= least;
  return enough ? std::optional(sum / found) : std::nullopt;
}

std::optional<double> TotalsWindow::max(Time now, milliseconds window, std::int64_t samples) const {
  std::optional<double> largest;
  const auto keep = [&](double value, std::int64_t) {
    largest = std::max(largest.value_or(value), value);
  };
  visit(now, window, keep, samples);
  return largest;
}

std::optional<double> TotalsWindow::quantile(Time now, milliseconds window, double q) const {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(count_in(window)));
  visit(now, window, [&](double value, std::int64_t) { values.push_back(value); });
  if (values.empty()) {
    return std::nullopt;
  }
  const double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(values.size()));
  const auto at =
      values.begin() + std::max<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(rank) - 1);
  std::ranges::nth_element(values, at);
  return *at;
}

double TotalsWindow::coverage(Time now, milliseconds window) const {
  int filled = 0;
  visit(now, window, [&](double, std::int64_t) { ++filled; });
  return static_cast<double>(filled) / static_cast<double>(count_in(window));
}

MaximaWindow::MaximaWindow(milliseconds span, milliseconds bucket)
    : bucket_(bucket), buckets_(bucket_count(span, bucket)) {}

void MaximaWindow::add(Time now, double value) {
  const std::int64_t index = ms_of(now) / bucket_.count();
  if (!std::isfinite(value) || index < 0) {
    return;
  }
  Bucket& bucket = buckets_[static_cast<std::size_t>(index) % buckets_.size()];
  if (bucket.index < index) {
    bucket = {index, value};
  } else if (bucket.index == index) {
    bucket.largest = std::max(bucket.largest, value);
  }
}

std::optional<double> MaximaWindow::max(Time now, milliseconds window) const {
  const std::int64_t last = ms_of(now) / bucket_.count();
  const std::int64_t whole = (window.count() + bucket_.count() - 1) / bucket_.count();
  std::optional<double> largest;
  for (const Bucket& bucket : buckets_) {
    if (bucket.index >= 0 && bucket.index <= last && bucket.index > last - whole) {
      largest = std::max(largest.value_or(bucket.largest), bucket.largest);
    }
  }
  return largest;
}

}  // namespace penstock::autoscale
