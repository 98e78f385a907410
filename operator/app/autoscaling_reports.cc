#include "operator/app/autoscaling_reports.h"

#include <algorithm>
#include <utility>

#include "lib/json/field.h"
#include "operator/autoscale/forecasts.h"

namespace penstock::control {

using autoscale::DecisionRecord;

namespace {

// By what somebody would look for it; numbers, also those in messages, change each second.
bool differs(const autoscale::Decision& a, const autoscale::Decision& b) {
  const auto says_same = [](const autoscale::Finding& one, const autoscale::Finding& other) {
    return one.type == other.type && one.status == other.status && one.reason == other.reason;
  };
  return a.reason != b.reason || a.current != b.current || a.write != b.write ||
         a.withheld != b.withheld || !std::ranges::equal(a.conditions, b.conditions, says_same);
}

}  // namespace

AutoscalingReports::AutoscalingReports(
    telemetry::Registry& registry,
    std::function<void(const std::string& ns, const std::string& name)> published)
    : registry_(registry),
      published_(std::move(published)),
      changes_(registry_.counter("penstock_autoscale_changes_total",
                                 "Changes of replicas that were decided, whether or not written.",
                                 {"namespace", "policy", "direction", "reason"})),
      shard_(registry_.new_shard()) {}

Result<void> AutoscalingReports::record_to(const std::string& path) {
  const sync::MutexLock lock(mutex_);
  return lines_.open(path);
}

void AutoscalingReports::decided(const DecisionRecord& record, autoscale::LeadTime lead,
                                 const std::vector<autoscale::Finding>& conditions) {
  const autoscale::Decision& decision = record.decision;
  const sync::MutexLock lock(mutex_);
  Series& series = series_of(record.target);
  Shown& shown = *series.shown;
  const bool changes = decision.desired != decision.current && decision.desired != shown.desired;
  if (changes) {
    count_change(record.decision, series.name);
  }
  const bool is_news = changes || differs(decision, series.before);
  shown.current = decision.current;
  shown.desired = decision.desired;
  shown.supply = decision.supply;
  shown.withheld = decision.withheld != autoscale::Withheld::kNo;
  shown.lead_seconds = static_cast<double>(lead.duration.count()) / 1e3;
  show_numbers(record, shown);
  show_conditions(conditions, shown);
  series.before = decision;
  const std::int64_t now_ms = record.inputs.now_ms;
  const std::int64_t since_ms = now_ms - series.written_ms;  // less than 0: the clock was set back
  const bool is_due = since_ms < 0 || since_ms >= std::chrono::milliseconds(kRepeat).count();
  if (lines_.is_open() && (is_news || is_due)) {
    series.written_ms = now_ms;
    lines_.append(autoscale::write_line(record));
  }
}

void AutoscalingReports::prepared(const std::string& policy,
                                  const std::optional<api::NodeCapacityStatus>& nodes) {
  const sync::MutexLock lock(mutex_);
  Series& series = series_of(policy);
  if (!nodes) {
    series.node_gauges.clear();
    return;
  }
  const std::shared_ptr<Shown>& shown = series.shown;
  shown->headroom = nodes->headroom;
  shown->headroom_gpus = nodes->gpus;
  shown->missing = nodes->missing;
  if (!series.node_gauges.empty()) {
    return;
  }
  const auto show = [&](const char* name, const char* help, auto read) {
    series.node_gauges.push_back(
        registry_.gauge(name, help, {{"namespace", series.name.ns}, {"policy", series.name.name}},
                        std::move(read)));
  };
  show("penstock_autoscale_headroom_replicas", "Replicas to come that nodes keep room for.",
       [shown] { return static_cast<double>(shown->headroom); });
  show("penstock_autoscale_headroom_gpus", "GPUs of that room.",
       [shown] { return static_cast<double>(shown->headroom_gpus); });
  show("penstock_autoscale_missing_replicas", "Expected replicas that no node has GPUs for yet.",
       [shown] { return static_cast<double>(shown->missing); });
}

void AutoscalingReports::published(const std::string& ns, const std::string& name) {
  published_(ns, name);
}

void AutoscalingReports::forgotten(const std::string& policy) {
  const sync::MutexLock lock(mutex_);
  series_.erase(policy);
}

void AutoscalingReports::forget_all() {
  const sync::MutexLock lock(mutex_);
  series_.clear();
}

AutoscalingReports::Series& AutoscalingReports::series_of(const std::string& policy) {
  const auto [found, added] = series_.try_emplace(policy);
  Series& series = found->second;
  if (!added) {
    return series;
  }
  series.shown = std::make_shared<Shown>();
  series.name = api::parse_object_name(policy).value_or(api::ObjectName());
  add_gauges(series);
  return series;
}

void AutoscalingReports::show_numbers(const DecisionRecord& record, Shown& shown) {
  const autoscale::Inputs& inputs = record.inputs;
  shown.load = inputs.observed.stable.requests.value_or(0);
  if (const auto* forecast = forecast_of(inputs.forecasts, autoscale::Dimension::kRequests)) {
    shown.forecast_mean = forecast->mean;
    shown.forecast_high = forecast->at_least(inputs.settings.predictive.quantile).value;
  }
  const auto price = inputs.settings.budget.replica_picodollars_per_hour.value_or(0);
  shown.usd_per_hour = static_cast<double>(price) / 1e12 * record.decision.desired;
}

void AutoscalingReports::show_conditions(const std::vector<autoscale::Finding>& conditions,
                                         Shown& shown) {
  for (std::size_t i = 0; i < kConditions.size(); ++i) {
    shown.conditions[i] =
        std::ranges::any_of(conditions, [type = kConditions[i]](const autoscale::Finding& finding) {
          return finding.type == type && finding.status == api::ConditionStatus::kTrue;
        });
  }
}

void AutoscalingReports::add_gauges(Series& series) {
  const std::vector<telemetry::Label> labels = {{"namespace", series.name.ns},
                                                {"policy", series.name.name}};
  const auto show_as = [&](const char* name, const char* help, telemetry::Label more, auto read) {
    std::vector<telemetry::Label> all = labels;
    all.push_back(std::move(more));
    series.gauges.push_back(registry_.gauge(name, help, std::move(all), std::move(read)));
  };
  const auto show = [&](const char* name, const char* help, auto read) {
    series.gauges.push_back(registry_.gauge(name, help, labels, std::move(read)));
  };
  const std::shared_ptr<Shown>& shown = series.shown;
  show("penstock_autoscale_current_replicas", "Replicas that the target asks for.",
       [shown] { return static_cast<double>(shown->current); });
  show("penstock_autoscale_desired_replicas", "Replicas that it should ask for.",
       [shown] { return static_cast<double>(shown->desired); });
  show("penstock_autoscale_supply_replicas", "Replicas that serve, or start in time.",
       [shown] { return static_cast<double>(shown->supply); });
  show("penstock_autoscale_lead_time_seconds", "How long a replica takes until it serves.",
       [shown] { return shown->lead_seconds.load(); });
  show("penstock_autoscale_withheld", "1 while decisions are not applied.",
       [shown] { return shown->withheld ? 1.0 : 0.0; });
  show("penstock_autoscale_requests_per_second", "The load that sidecars report: its mean.",
       [shown] { return shown->load.load(); });
  constexpr const char* kForecast = "penstock_autoscale_forecast_requests_per_second";
  constexpr const char* kForecastHelp =
      "The load that is expected by the time that a new replica would serve: the mean, and the "
      "quantile that replicas are asked for.";
  show_as(kForecast, kForecastHelp, {"value", "mean"},
          [shown] { return shown->forecast_mean.load(); });
  show_as(kForecast, kForecastHelp, {"value", "quantile"},
          [shown] { return shown->forecast_high.load(); });
  show("penstock_autoscale_cost_usd_per_hour",
       "What the desired replicas cost in an hour; 0 where the policy gives no price.",
       [shown] { return shown->usd_per_hour.load(); });
  for (std::size_t i = 0; i < kConditions.size(); ++i) {
    show_as("penstock_autoscale_condition", "1 while a condition of the policy is True.",
            {"type", kConditions[i]}, [shown, i] { return shown->conditions[i] ? 1.0 : 0.0; });
  }
}

void AutoscalingReports::count_change(const autoscale::Decision& decision,
                                      const api::ObjectName& policy) {
  const bool up = decision.desired > decision.current;
  shard_.add(registry_.series(changes_, {policy.ns, policy.name, up ? "up" : "down",
                                         std::string(json::name_of(decision.reason))}));
}

}  // namespace penstock::control
