#include "lib/signals/report_json.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/json/read.h"
#include "lib/json/write.h"

namespace penstock::signals {
namespace {

// A histogram on the wire: its buckets that are not empty, as pairs of how many buckets further on
// it is than the one before (the first: than bucket 0), and its count.
struct WireHistogram {
  std::int64_t sum_us = 0;
  std::vector<std::int64_t> buckets;

  static constexpr auto fields() {
    using T = WireHistogram;
    return std::tuple{
        json::Field{"sumUs", &T::sum_us, kCount},
        json::Field{"buckets",
                    &T::buckets,
                    {.required = true, .min = 0, .items_max = std::size_t{2} * kLatencyBuckets}}};
  }
};

struct WireReport : Report {
  WireHistogram first_token;
  WireHistogram per_token;

  static constexpr auto fields() {
    using T = WireReport;
    return std::tuple{json::Field{"version", &T::version, {.required = true, .min = 1}},
                      json::Field{"startId", &T::start_id, {.required = true, .length_max = 64}},
                      json::Field{"uptimeMs", &T::uptime_ms, kCount},
                      json::Field{"requests", &T::requests, {.required = true}},
                      json::Field{"calls", &T::calls, {.required = true}},
                      json::Field{"cache", &T::cache, {.required = true}},
                      json::Field{"tokens", &T::tokens, {.required = true}},
                      json::Field{"running", &T::running, kCount},
                      json::Field{"waiting", &T::waiting, kCount},
                      json::Field{"held", &T::held, kReading},
                      json::Field{"holdArrivals", &T::hold_arrivals, kReading},
                      json::Field{"timeToFirstToken", &T::first_token, {.required = true}},
                      json::Field{"timePerOutputToken", &T::per_token, {.required = true}},
                      json::Field{"engine", &T::engine, {}}};
  }
};

WireHistogram encoded(const LatencyHistogram& histogram) {
  WireHistogram wire{.sum_us = static_cast<std::int64_t>(histogram.sum_us)};
  std::uint32_t previous = 0;
  for (std::uint32_t bucket = 0; bucket < kLatencyBuckets; ++bucket) {
    if (histogram.counts[bucket] > 0) {
      wire.buckets.push_back(bucket - previous);
      wire.buckets.push_back(static_cast<std::int64_t>(histogram.counts[bucket]));
      previous = bucket;
    }
  }
  return wire;
}

// False: not what encoded() gives.
bool decode(const WireHistogram& wire, LatencyHistogram& into) {
  if (wire.buckets.size() % 2 != 0) {
    return false;
  }
  into.sum_us = static_cast<std::uint64_t>(wire.sum_us);
  std::uint64_t bucket = 0;
  for (std::size_t i = 0; i < wire.buckets.size(); i += 2) {
    const auto step = static_cast<std::uint64_t>(wire.buckets[i]);
    if (step >= kLatencyBuckets || (i > 0 && step == 0)) {
      return false;
    }
    bucket += step;
    if (bucket >= kLatencyBuckets) {
      return false;
    }
    into.counts[bucket] = static_cast<std::uint64_t>(wire.buckets[i + 1]);
  }
  return true;
}

}  // namespace

std::string to_json(const Report& report) {
  WireReport wire;
  static_cast<Report&>(wire) = report;
  wire.first_token = encoded(report.time_to_first_token);
  wire.per_token = encoded(report.time_per_output_token);
  return json::write(wire).dump(-1, ' ', false, json::Value::error_handler_t::replace);
}

Result<Report> read_report(std::string_view text) {
  if (text.size() > kReportBytesMax) {
    return fail(ErrorCode::kInvalidRequest, "a report is too long");
  }
  const json::Value value = json::Value::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) {
    return fail(ErrorCode::kInvalidRequest, "a report is no JSON");
  }
  WireReport wire;
  json::Reader reader(json::Strictness::kTolerant);
  json::read(reader, value, wire);
  if (!reader.errors().empty()) {
    const json::FieldError& first = reader.errors().front();
    return fail(ErrorCode::kInvalidRequest, first.path + " " + first.message);
  }
  if (!decode(wire.first_token, wire.time_to_first_token) ||
      !decode(wire.per_token, wire.time_per_output_token)) {
    return fail(ErrorCode::kInvalidRequest, "a histogram's buckets are not as they are written");
  }
  return Report(std::move(wire));
}

}  // namespace penstock::signals
