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

ClientMetric with_labels(const std::vector<std::string>& names,
                         const std::vector<std::string>& values) {
  ClientMetric metric;
  metric.label.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    metric.label.push_back({names[i], values[i]});
  }
  return metric;
}

}  // namespace

// One family as prometheus-cpp's serializer takes it.
struct Registry::Snapshot {
  std::vector<MetricFamily> families;
};

void Registry::render_counted(Snapshot& out) const {
  for (const std::unique_ptr<FamilyState>& family : families_) {
    if (family->series.empty()) {
      continue;
    }
    MetricFamily shown{family->name, family->help, MetricType::Counter, {}};
    for (const auto& [values, series] : family->series) {
      ClientMetric metric = with_labels(family->label_names, values);
      switch (family->kind) {
        case Kind::kCounter:
          metric.counter.value = static_cast<double>(sum(series.cell_)) / family->divisor;
          break;
        case Kind::kLevel:
          shown.type = MetricType::Gauge;
          metric.gauge.value = static_cast<double>(static_cast<std::int64_t>(sum(series.cell_)));
          break;
        case Kind::kHistogram: {
          shown.type = MetricType::Histogram;
          ClientMetric::Histogram& histogram = metric.histogram;
          const std::uint32_t bounds = series.bounds_count_;
          for (std::uint32_t bucket = 0; bucket < bounds; ++bucket) {
            histogram.sample_count += sum(series.cell_ + bucket);
            histogram.bucket.push_back({histogram.sample_count, family->bounds[bucket]});
          }
          // The serializer writes +Inf from the count.
          histogram.sample_count += sum(series.cell_ + bounds);
          histogram.sample_sum = sum_of_doubles(series.cell_ + bounds + 1);
          break;
        }
      }
      shown.metric.push_back(std::move(metric));
    }
    out.families.push_back(std::move(shown));
  }
}

void Registry::render_gauges(Snapshot& out) const {
  struct Sums {
    std::string help;
    std::map<std::vector<Label>, double> values;
  };
  std::map<std::string, Sums> by_name;
  for (const auto& [id, gauge] : gauges_) {
    Sums& sums = by_name[gauge->name];
    sums.help = gauge->help;
    gauge->read([&sums](std::vector<Label> labels, double value) {
      sums.values[std::move(labels)] += value;
    });
  }
  for (auto& [name, sums] : by_name) {
    if (sums.values.empty()) {
      continue;
    }
    MetricFamily shown{name, sums.help, MetricType::Gauge, {}};
    shown.metric.reserve(sums.values.size());
    // Moved from one form to the other, one by one: there may be thousands.
    while (!sums.values.empty()) {
      auto node = sums.values.extract(sums.values.begin());
      ClientMetric metric;
      metric.label.reserve(node.key().size());
      for (Label& label : node.key()) {
        metric.label.push_back({std::move(label.name), std::move(label.value)});
      }
      metric.gauge.value = node.mapped();
      shown.metric.push_back(std::move(metric));
    }
    out.families.push_back(std::move(shown));
  }
}

std::string Registry::render() const {
  Snapshot out;
  {
    const sync::MutexLock lock(mutex_);
    render_counted(out);
    render_gauges(out);
    ClientMetric dropped;
    dropped.counter.value = static_cast<double>(series_dropped_);
    out.families.push_back({"penstock_telemetry_series_dropped_total",
                            "Asked-for label sets beyond a metric's limit, counted as \"other\".",
                            MetricType::Counter,
                            {dropped}});
  }
  return prometheus::TextSerializer().Serialize(out.families);
}

}  // namespace penstock::telemetry
