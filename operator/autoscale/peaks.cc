#include "operator/autoscale/peaks.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "operator/autoscale/replica_count.h"

namespace penstock::autoscale {
namespace {

constexpr std::array kShort_s = {1, 2, 4, 8, 14, 20, 40};
constexpr milliseconds kLong{60'000};
constexpr milliseconds kSecond{1'000};
constexpr double kSeen = 0.75;  // of a window
constexpr double kPatienceLeast_s = 2;
constexpr double kPatienceMost_s = 60;

}  // namespace

std::optional<double> patience_of(const std::optional<ServiceModel>& model,
                                  const Objectives& objectives,
                                  const std::optional<double>& requests_per_s) {
  if (!model || !objectives.ttft_ms || !requests_per_s || !(*requests_per_s > 0)) {
    return std::nullopt;
  }
  const auto& [a, b, g] = model->parameters;
  const double prompt_ms = a + (b + g) * model->shape.input_tokens;
  const double prompts = *objectives.ttft_ms / prompt_ms;
  return std::clamp(prompts / *requests_per_s, kPatienceLeast_s, kPatienceMost_s);
}

double burst_in_replicas(double requests, const RequestShape& mean, const Load& one,
                         const std::optional<double>& patience_s) {
  const double per_s = requests / (1 + patience_s.value_or(0));
  Load burst{.requests = per_s};
  if (mean.input_tokens > 0) {
    burst.prefill = per_s * mean.input_tokens;
    burst.decode = per_s * mean.output_tokens;
    burst.kv = requests * (mean.input_tokens + mean.output_tokens / 2);
  }
  return std::min(in_replicas(burst, one).value_or(0), double{kReplicasMax});
}

Peaks::Peaks(const PeakSettings& settings)
    : settings_(settings),
      seconds_(std::max(settings.mean, kLong), kSecond),
      peaks_(std::max(settings.memory, settings.hold + settings.start_max), settings.bucket),
      all_peaks_(peaks_) {}

void Peaks::add(Time now, double per_s, double all, const std::optional<double>& patience_s,
                milliseconds plain) {
  if (seconds_.add(now, per_s)) {
    all_ = all;
    if (const std::optional<double> peak = envelope(now, patience_s, plain)) {
      peaks_.add(now, *peak);
      all_peaks_.add(now, *peak * all);
    }
  }
}

std::optional<double> Peaks::envelope(Time now, const std::optional<double>& patience_s,
                                      milliseconds plain) const {
  // Where less was seen of a window, as after a start of the operator, its mean may be that of a
  // moment.
  if (!patience_s) {
    return seconds_.mean(now, plain, kSeen);
  }
  double largest = seconds_.mean(now, kLong, kSeen).value_or(0);
  for (const int window_s : kShort_s) {
    const double share = window_s / (window_s + *patience_s);
    largest = std::max(largest, share * seconds_.mean(now, window_s * kSecond, kSeen).value_or(0));
  }
  return largest;
}

Peaks::Expected Peaks::expected(Time now, milliseconds start, const Expected& least) const {
  const double mean = seconds_.mean(now, settings_.mean).value_or(0);
  return {expected(peaks_, mean, now, start, least.seen.value_or(0)),
          expected(all_peaks_, mean * all_, now, start, least.all.value_or(0))};
}

std::optional<double> Peaks::expected(const MaximaWindow& peaks, double mean, Time now,
                                      milliseconds start, double least) const {
  const std::optional<double> seen =
      peaks.max(now, settings_.hold + std::min(start, settings_.start_max));
  if (!seen) {
    return std::nullopt;
  }
  const double peak = std::max(*seen, least);
  if (!(peak > 0)) {
    return 0;
  }
  const double memory = std::max(peak, peaks.max(now, settings_.memory).value_or(0));
  return peak * std::pow(std::max(mean / peak, settings_.mean_least), settings_.mean_weight) *
         std::pow(std::min(memory / peak, settings_.memory_most), settings_.memory_weight);
}

}  // namespace penstock::autoscale
