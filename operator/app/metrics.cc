#include "operator/app/metrics.h"

#include <array>
#include <utility>

#include "lib/telemetry/process.h"

namespace penstock::control {
namespace {

constexpr std::array kSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                 0.1,    0.25,  0.5,    1.0,   2.5,  5.0,   10.0};

const char* outcome_of(bool good_review) {
  return good_review ? "answered" : "invalid";
}

}  // namespace

Metrics::Metrics(Gauges gauges, double start_time_seconds)
    : gauges_(telemetry::process_gauges(registry_, PENSTOCK_VERSION, start_time_seconds)),
      work_(registry_.counter("penstock_operator_work_total",
                              "Looks at an object, by its kind and whether all was written.",
                              {"kind", "outcome"})),
      work_seconds_(registry_.histogram("penstock_operator_work_seconds",
                                        "How long a look took, requests included.", {"kind"},
                                        kSeconds)),
      calls_(registry_.counter("penstock_operator_api_requests_total",
                               "Requests to the API server; code 0: no answer.",
                               {"method", "code"})),
      reviews_(registry_.counter("penstock_operator_webhook_reviews_total",
                                 "New pods that the webhook was asked about.", {"outcome"})),
      review_seconds_(registry_.histogram("penstock_operator_webhook_seconds",
                                          "How long the webhook took to answer.", {}, kSeconds)),
      shard_(registry_.new_shard()) {
  const auto add = [this](std::string name, std::string help, std::vector<telemetry::Label> labels,
                          Value value) {
    gauges_.push_back(
        registry_.gauge(std::move(name), std::move(help), std::move(labels), std::move(value)));
  };
  add("penstock_operator_leader", "1 while this replica leads.", {}, std::move(gauges.leads));
  add("penstock_operator_queue_depth", "Objects that wait to be looked at.", {},
      std::move(gauges.queued));
  // Counted from 0 on, so that the first one that fails is an increase.
  for (const bool good : {true, false}) {
    registry_.series(reviews_, {outcome_of(good)});
  }
  for (auto& [resource, value] : gauges.objects) {
    add("penstock_operator_objects", "Objects that the operator knows.", {{"resource", resource}},
        std::move(value));
  }
}

void Metrics::worked(std::string_view kind, bool succeeded, std::chrono::duration<double> took) {
  count(work_, {std::string(kind), succeeded ? "success" : "failure"});
  observe(work_seconds_, {std::string(kind)}, took.count());
}

void Metrics::called(std::string_view method, int status) {
  count(calls_, {std::string(method), std::to_string(status)});
}

void Metrics::reviewed(bool good, std::chrono::duration<double> took) {
  count(reviews_, {outcome_of(good)});
  observe(review_seconds_, {}, took.count());
}

void Metrics::count(telemetry::Family family, const std::vector<std::string>& labels) {
  const telemetry::Series series = registry_.series(family, labels);
  const sync::MutexLock lock(mutex_);
  shard_.add(series);
}

void Metrics::observe(telemetry::Family family, const std::vector<std::string>& labels,
                      double value) {
  const telemetry::Series series = registry_.series(family, labels);
  const sync::MutexLock lock(mutex_);
  shard_.observe(series, value);
}

}  // namespace penstock::control
