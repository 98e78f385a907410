#include <map>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "lib/telemetry/registry.h"
#include "lib/telemetry/registry_state.h"

namespace penstock::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::vector<ClientMetric::Label> labels_of(const std::vector<std::string>& names,
                                           const std::vector<std::string>& values) {
  std::vector<ClientMetric::Label> labels;
  labels.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    labels.push_back({names[i], values[i]});
  }
  return labels;
}

ClientMetric::Histogram cumulative(const std::vector<double>& bounds,
                                   const std::vector<std::uint64_t>& counts, double sum) {
  ClientMetric::Histogram histogram;
  histogram.sample_sum = sum;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    histogram.sample_count += counts[i];
    if (i < bounds.size()) {  // the serializer writes +Inf itself
      histogram.bucket.push_back({histogram.sample_count, bounds[i]});
    }
  }
  return histogram;
}

}  // namespace

std::string Registry::render() const {
  std::vector<MetricFamily> out;
  {
    const sync::MutexLock lock(mutex_);
    for (const std::unique_ptr<FamilyState>& family : families_) {
      MetricFamily shown{family->name, family->help, MetricType::Counter, {}};
      for (const auto& [values, series] : family->series) {
        ClientMetric metric;
        metric.label = labels_of(family->label_names, values);
        if (family->kind == Kind::kHistogram) {
          shown.type = MetricType::Histogram;
          std::vector<std::uint64_t> counts;
          for (std::uint32_t bucket = 0; bucket <= series.bounds_count_; ++bucket) {
            counts.push_back(sum(series.cell_ + bucket));
          }
          const double observed = sum_of_doubles(series.cell_ + series.bounds_count_ + 1);
          metric.histogram = cumulative(family->bounds, counts, observed);
        } else if (family->kind == Kind::kLevel) {
          shown.type = MetricType::Gauge;
          metric.gauge.value = static_cast<double>(static_cast<std::int64_t>(sum(series.cell_)));
        } else {
          metric.counter.value = static_cast<double>(sum(series.cell_)) / family->divisor;
        }
        shown.metric.push_back(std::move(metric));
      }
      if (!shown.metric.empty()) {
        out.push_back(std::move(shown));
      }
    }

    std::map<std::string, std::pair<std::string, std::map<std::vector<Label>, double>>> gauges;
    for (const auto& [id, gauge] : gauges_) {
      auto& [help, values] = gauges[gauge->name];
      help = gauge->help;
      values[gauge->labels] += gauge->read();
    }
    for (const auto& [name, family] : gauges) {
      MetricFamily shown{name, family.first, MetricType::Gauge, {}};
      for (const auto& [labels, value] : family.second) {
        ClientMetric metric;
        for (const Label& label : labels) {
          metric.label.push_back({label.name, label.value});
        }
        metric.gauge.value = value;
        shown.metric.push_back(std::move(metric));
      }
      out.push_back(std::move(shown));
    }

    ClientMetric dropped;
    dropped.counter.value = static_cast<double>(series_dropped_);
    out.push_back({"penstock_telemetry_series_dropped_total",
                   "Asked-for label sets beyond a metric's limit, counted as \"other\".",
                   MetricType::Counter,
                   {dropped}});
  }
  return prometheus::TextSerializer().Serialize(out);
}

}  // namespace penstock::telemetry
