#include "operator/autoscale/load_history.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace penstock::autoscale {
namespace {

constexpr double kMsPerSecond = 1'000;

bool is_active(const Demand& demand, int held_requests) {
  return held_requests > 0 || demand.total.requests.value_or(0) > 0 ||
         demand.running.value_or(0) > 0 || demand.waiting.value_or(0) > 0;
}

}  // namespace

LoadHistory::LoadHistory(const LoadHistorySettings& settings)
    : settings_(settings),
      load_{Windows(settings, {}), Windows(settings, settings.tokens),
            Windows(settings, settings.tokens), Windows(settings, {})},
      seen_level_(settings.level_max + settings.level_bucket, settings.level_bucket),
      ttft_ms_(settings.latency_tail + settings.start_max, settings.latency_bucket),
      itl_ms_(settings.latency_tail + settings.start_max, settings.latency_bucket) {}

void LoadHistory::add(Time now, const Demand& demand, int held_requests,
                      const std::optional<double>& patience_s) {
  missing_ = demand.missing;
  held_ = held_requests;
  if (!active_ms_ || demand.missing > 0 || is_active(demand, held_requests)) {
    active_ms_ = ms_of(now);
  }
  if (demand.reporting == 0) {
    return;
  }
  const double all = static_cast<double>(demand.reporting + demand.missing) / demand.reporting;
  for (const Dimension dimension : kDimensions) {
    if (const std::optional<double>& total = demand.total.*member_of(dimension)) {
      Windows& windows = load_[std::to_underlying(dimension)];
      windows.recent.add(now, *total);
      windows.tail.add(now, *total * all);
      windows.level.add(now, *total * all);
    }
  }
  if (const std::optional<double>& requests = demand.total.requests) {
    peaks_.add(now, *requests, all, patience_s,
               load_[std::to_underlying(Dimension::kRequests)].stable);
    seen_level_.add(now, *requests);
  }
  if (const std::optional<double> mean = demand.ttft.mean_s()) {
    ttft_ms_.add(now, *mean * kMsPerSecond);
  }
  if (const std::optional<double> mean = demand.tpot.mean_s()) {
    itl_ms_.add(now, *mean * kMsPerSecond);
  }
}

std::optional<double> LoadHistory::level_of(const TotalsWindow& window, Time now,
                                            milliseconds start) const {
  const milliseconds level = std::min(settings_.level_starts * start, settings_.level_max);
  if (level < settings_.level_bucket) {
    return std::nullopt;
  }
  // A sample a second: of fewer the mean may be that of a moment.
  const std::optional<double> busiest =
      window.max(now - settings_.level_bucket, level, settings_.level_bucket.count() / 2'000);
  return busiest ? std::optional(*busiest * settings_.level_share) : std::nullopt;
}

Observed LoadHistory::observed(Time now, milliseconds start) const {
  const milliseconds tail = settings_.tail + std::min(start, settings_.start_max);
  const auto lasting =
      std::min(std::chrono::duration_cast<milliseconds>(start * settings_.stable_of_start),
               settings_.stable_max);
  Observed result;
  for (const Dimension dimension : kDimensions) {
    const Windows& windows = load_[std::to_underlying(dimension)];
    const auto member = member_of(dimension);
    const milliseconds stable =
        dimension == Dimension::kRequests ? std::max(windows.stable, lasting) : windows.stable;
    result.stable.*member = windows.recent.mean(now, stable);
    result.panic.*member = windows.recent.mean(now, windows.panic);
    // A queue that was drained does not come back; only rates do.
    const std::optional<double> least =
        dimension == Dimension::kKv ? std::nullopt : level_of(windows.level, now, start);
    if (dimension == Dimension::kRequests) {
      const Peaks::Expected expected =
          peaks_.expected(now, start, {.seen = level_of(seen_level_, now, start), .all = least});
      result.peak = expected.seen;
      result.tail.requests = expected.all;
    } else if (const auto seen = windows.tail.quantile(now, tail, settings_.tail_quantile);
               seen || least) {
      result.tail.*member = std::max(seen.value_or(0), least.value_or(0));
    }
  }
  // Requests are in every report: where there are none, nobody has said anything of tokens either.
  if (!result.stable.requests) {
    result.stable = {};
  }
  if (!result.panic.requests) {
    result.panic = {};
  }
  const Windows& requests = load_[std::to_underlying(Dimension::kRequests)];
  result.coverage = requests.tail.coverage(now, tail);
  const milliseconds latencies = tail - settings_.tail + settings_.latency_tail;
  result.tail_ttft_ms = ttft_ms_.quantile(now, latencies, settings_.tail_quantile);
  result.tail_itl_ms = itl_ms_.quantile(now, latencies, settings_.tail_quantile);
  result.missing_pods = missing_;
  result.active_ms = active_ms_;
  result.held_requests = held_;
  return result;
}

void count_begun(Observed& observed, const RequestShape& mean, const Load& known) {
  if (known.requests || mean.input_tokens <= 0) {
    return;
  }
  for (Load* load : {&observed.stable, &observed.panic}) {
    if (load->requests && known.prefill) {
      load->prefill = std::max(load->prefill.value_or(0), *load->requests * mean.input_tokens);
    }
    if (load->requests && known.decode) {
      load->decode = std::max(load->decode.value_or(0), *load->requests * mean.output_tokens);
    }
  }
}

}  // namespace penstock::autoscale
