// The report's counters, read from the metrics' cells.
#include <algorithm>
#include <limits>

#include "sidecar/request/error_side.h"
#include "sidecar/request/metrics.h"

namespace penstock::request {
namespace {

std::int64_t as_count(std::uint64_t total) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(total, kMost));
}

void fill_histogram(const telemetry::Registry& registry, telemetry::Cells cells,
                    signals::LatencyHistogram& into) {
  const std::vector<std::uint64_t> sums = registry.sums(cells);
  if (sums.size() == signals::kLatencyBuckets + 1) {
    std::copy_n(sums.begin(), signals::kLatencyBuckets, into.counts.begin());
    into.sum_us = sums.back();
  }
}

}  // namespace

void Metrics::fill(signals::Report& report) const {
  const auto total = [this](telemetry::Family family) { return as_count(registry_.total(family)); };
  const auto part = [this](telemetry::Family family, std::string_view label) {
    return as_count(registry_.total(family, {std::string(label)}));
  };
  // Ends before beginnings: what ends meanwhile counts as still there, and never as more than
  // began.
  report.calls.finished = total(families_.calls_finished);
  report.requests.finished = total(families_.model_requests_finished);
  report.calls.started = total(families_.calls_started);
  report.requests.started = total(families_.model_requests_started);
  report.requests.client_errors = part(families_.model_request_errors, label(ErrorSide::kClient));
  report.requests.upstream_errors =
      part(families_.model_request_errors, label(ErrorSide::kUpstream));
  report.requests.own_errors = part(families_.model_request_errors, label(ErrorSide::kPenstock));

  report.held = total(families_.requests_held);
  report.hold_arrivals = total(families_.hold_arrivals);
  report.running =
      std::max<std::int64_t>(report.calls.started - report.calls.finished - report.held, 0);
  const std::int64_t served = report.requests.started - report.requests.finished;
  report.waiting = std::max<std::int64_t>(served - report.running, 0);

  report.cache = {.hits = total(families_.cache_hits),
                  .partial_hits = total(families_.cache_partial_hits),
                  .misses = total(families_.cache_misses),
                  .joins = total(families_.coalesced)};
  report.tokens.prefix_cached = part(families_.tokens, "cache_read");
  report.tokens.prefill = part(families_.tokens, "input") + report.tokens.prefix_cached +
                          part(families_.tokens, "cache_write");
  report.tokens.decode = part(families_.tokens, "output");
  report.tokens.saved_prompt = part(families_.saved_tokens, "input");
  report.tokens.saved_completion = part(families_.saved_tokens, "output");
  fill_histogram(registry_, families_.first_token_buckets, report.time_to_first_token);
  fill_histogram(registry_, families_.per_token_buckets, report.time_per_output_token);
}

}  // namespace penstock::request
