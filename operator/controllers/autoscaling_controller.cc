#include "operator/controllers/autoscaling_controller.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/json/field.h"
#include "lib/zoneinfo/zone_files.h"
#include "operator/autoscale/policy_settings.h"
#include "operator/controllers/condition_events.h"
#include "operator/controllers/deletion_costs.h"
#include "operator/controllers/scaling_status.h"
#include "operator/kube/scale.h"
#include "operator/kube/timestamp.h"
#include "operator/reconcile/accelerator.h"

namespace penstock::controllers {

using autoscale::DecisionRecord;
using autoscale::Sight;
using kube::ApiResult;
using kube::WorkOutcome;
using reconcile::AutoscalingNote;
using reconcile::Pod;
using reconcile::Policy;
using reconcile::Ptr;

namespace {

// A forecast is of minutes; each of its steps would be a write of the status.
constexpr std::chrono::minutes kForecastPeriod{1};

autoscale::Time time_of(clock::WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

std::string described(const api::ScaleTargetSpec& target) {
  return target.kind + " " + target.name;
}

std::string changed(int from, int to) {
  return std::to_string(from) + " -> " + std::to_string(to) + " replicas";
}

autoscale::ScalerSettings settings_in(const Policy& policy) {
  return autoscale::settings_of(*policy.parsed.autoscaling, &zoneinfo::load_zone);
}

}  // namespace

bool is_autoscaled(const Policy& policy) {
  return policy.parsed.autoscaling && policy.parsed.autoscaling->mode != api::ScalingMode::kOff &&
         policy.parsed.mode != api::Mode::kOff;
}

// What is known of one policy's target.
struct AutoscalingController::Running {
  explicit Running(const Policy& policy)
      : target(policy.parsed.autoscaling->target),
        generation(policy.meta.generation),
        scaler(policy.meta.key(), settings_in(policy)) {}

  api::ScaleTargetSpec target;
  std::int64_t generation;
  autoscale::Scaler scaler;
  std::map<std::string, autoscale::PodMeter> meters;  // by pod
  std::vector<Ptr<Pod>> pods;                         // of the last look
  ConditionEvents events;
  VictimMarks victims;
  std::optional<autoscale::Time> forecast_shown;
  api::AutoscalingStatus status;
};

AutoscalingController::AutoscalingController(
    const Stores& stores, kube::Client& client, kube::Discovery& discovery,
    kube::EventRecorder& events, const collect::Collector& collector, HoldController& hold,
    AutoscalingBoard& board, CapacityController& capacity, const clock::Clock& clock,
    AutoscalingObserver& observer)
    : stores_(stores),
      client_(client),
      discovery_(discovery),
      events_(events),
      collector_(collector),
      hold_(hold),
      board_(board),
      capacity_(capacity),
      clock_(clock),
      observer_(observer),
      pod_metrics_(client, discovery, clock) {}

AutoscalingController::~AutoscalingController() = default;

WorkOutcome AutoscalingController::reconcile(const std::string& ns, const std::string& name) {
  const Ptr<Policy> policy = stores_.policies.find(ns, name);
  if (policy == nullptr || (policy->errors.empty() && !is_autoscaled(*policy))) {
    forget(ns + "/" + name);
    return capacity_.release(ns + "/" + name, policy.get());
  }
  if (!policy->errors.empty()) {
    return {.again_in = kPeriod};  // replicas stay as they are; what was learned does, too
  }
  const ApiResult<std::optional<Live>> live = find_target(*policy);
  if (!live) {
    return kube::failed(live.error());
  }
  if (!*live) {
    return target_missing(*policy, described(policy->parsed.autoscaling->target) +
                                       " is not there, or serves no /scale");
  }
  Running& state = running(*policy);
  const DecisionRecord record = state.scaler.tick(sight(*policy, **live, state));
  const ApiResult<bool> marked = state.victims.mark(
      client_, stores_, collector_,
      {policy->meta.ns, state.pods, record.decision, policy->parsed.autoscaling->target});
  const bool writes = may_write(*policy, record.decision);
  if (writes && marked.value_or(true)) {
    const auto written = kube::write_scale(client_, (*live)->path, *record.decision.write,
                                           (*live)->resource_version);
    // Somebody wrote it since: that is looked at first.
    if (!written && !written.error().conflict()) {
      return kube::failed(written.error());
    }
  }
  tell(*policy, record, state);
  return marked ? WorkOutcome{.again_in = kPeriod} : kube::failed(marked.error());
}

// The last replica goes once somebody else stands in its place, and whoever leads traffic knows.
bool AutoscalingController::may_write(const Policy& policy, const autoscale::Decision& decision) {
  if (!uses_hold(policy)) {
    return decision.write.has_value();
  }
  const bool none = decision.desired == 0 && (decision.write || decision.current == 0);
  const bool stands_in = hold_.stand_in(policy, none);
  return decision.write && (*decision.write > 0 || stands_in);
}

AutoscalingController::Running& AutoscalingController::running(const Policy& policy) {
  const sync::MutexLock lock(mutex_);
  std::unique_ptr<Running>& slot = running_[policy.meta.key()];
  const api::AutoscalingSpec& spec = *policy.parsed.autoscaling;
  if (slot == nullptr || slot->target != spec.target) {
    slot = std::make_unique<Running>(policy);
  } else if (slot->generation != policy.meta.generation) {
    slot->generation = policy.meta.generation;
    slot->scaler.set(settings_in(policy));
  }
  return *slot;
}

void AutoscalingController::forget(const std::string& key) {
  board_.remove(key);
  observer_.forgotten(key);
  const sync::MutexLock lock(mutex_);
  running_.erase(key);
}

// Deployments and StatefulSets are watched anyway; anything else is asked.
ApiResult<std::optional<AutoscalingController::Live>> AutoscalingController::find_target(
    const Policy& policy) {
  const api::ScaleTargetSpec& target = policy.parsed.autoscaling->target;
  const std::string& ns = policy.meta.ns;
  const auto watched = [&](const kube::ResourceType& type,
                           const auto& store) -> std::optional<Live> {
    const Ptr<reconcile::Workload> found = store.find(ns, target.name);
    if (found == nullptr) {
      return std::nullopt;
    }
    return Live{.path = type.object(ns, target.name, "scale"),
                .resource_version = found->meta.resource_version,
                .replicas = static_cast<int>(found->replicas)};
  };
  if (target.api_version == "apps/v1" && target.kind == "Deployment") {
    return watched(kube::kDeployments, stores_.deployments);
  }
  if (target.api_version == "apps/v1" && target.kind == "StatefulSet") {
    return watched(kube::kStatefulSets, stores_.stateful_sets);
  }
  const auto type = discovery_.kind(target.api_version, target.kind);
  if (!type) {
    return std::unexpected(type.error());
  }
  if (!*type || !(*type)->has_scale || !(*type)->namespaced) {
    return std::nullopt;
  }
  const std::string path = (*type)->type().object(ns, target.name, "scale");
  const ApiResult<kube::Scale> scale = kube::read_scale(client_, path);
  if (!scale && scale.error().not_found()) {
    discovery_.forget(target.api_version);
    return std::nullopt;
  }
  if (!scale) {
    return std::unexpected(scale.error());
  }
  return Live{.path = path,
              .resource_version = scale->resource_version,
              .replicas = static_cast<int>(scale->wanted)};
}

std::string AutoscalingController::other_scaler(const Policy& policy) const {
  const api::ScaleTargetSpec& target = policy.parsed.autoscaling->target;
  for (const auto& other : stores_.pod_autoscalers.list(policy.meta.ns)) {
    if (other->target_kind == target.kind && other->target_name == target.name) {
      return "HorizontalPodAutoscaler " + other->meta.name;
    }
  }
  for (const auto& other : stores_.policies.list(policy.meta.ns)) {
    const bool older = std::pair(other->meta.created, other->meta.name) <
                       std::pair(policy.meta.created, policy.meta.name);
    if (older && other->errors.empty() && is_autoscaled(*other) &&
        other->parsed.autoscaling->target == target) {
      return "OptimizationPolicy " + other->meta.name;
    }
  }
  return "";
}

Sight AutoscalingController::sight(const Policy& policy, const Live& live, Running& running) {
  Sight seen{.now = time_of(clock_.wall_now()),
             .replicas = live.replicas,
             .other_scaler = other_scaler(policy)};
  if (uses_hold(policy)) {
    const HoldController::Standing standing = hold_.standing(policy);
    seen.held_requests = standing.held;
    seen.hold_ready = standing.ready;
  }
  std::map<std::string, autoscale::PodMeter> meters;
  running.pods.clear();
  for (const Ptr<Pod>& pod : stores_.pods.list(policy.meta.ns)) {
    if (!is_replica(policy, *pod)) {
      continue;
    }
    running.pods.push_back(pod);
    autoscale::PodSight shown{.name = pod->meta.name};
    shown.created = time_of(kube::time_of(pod->meta.created).value_or(clock_.wall_now()));
    if (pod->ready) {
      shown.ready_since = time_of(kube::time_of(pod->ready_since).value_or(clock_.wall_now()));
    }
    if (const auto node = stores_.nodes.find("", pod->node); node != nullptr) {
      shown.accelerator = reconcile::accelerator_of(node->meta.labels);
    }
    shown.path =
        waited_for_node(stores_, *pod) ? autoscale::StartPath::kNode : autoscale::StartPath::kPod;
    // A pod of the same name is another one when it was made at another time.
    autoscale::PodMeter meter;
    if (const auto known = running.meters.find(pod->meta.name); known != running.meters.end()) {
      meter = std::move(known->second);
    }
    if (const auto sample = collector_.sample(pod->meta.key()); sample != nullptr) {
      meter.take(time_of(sample->received), {sample, &sample->report});
    }
    shown.signals = meter.at(seen.now);
    shown.limits = meter.limits();
    meters.emplace(pod->meta.name, std::move(meter));
    seen.pods.push_back(std::move(shown));
  }
  running.meters = std::move(meters);
  pod_metrics_.look(*policy.parsed.autoscaling, policy.meta.ns, running.pods, seen);
  return seen;
}

WorkOutcome AutoscalingController::target_missing(const Policy& policy, std::string message) {
  publish(policy, {.status = {.reason = "TargetNotFound"},
                   .conditions = {{.type = "ScalingActive",
                                   .status = api::ConditionStatus::kFalse,
                                   .reason = "TargetNotFound",
                                   .message = std::move(message)}}});
  // Room for replicas of nothing costs as much as any.
  WorkOutcome released = capacity_.release(policy.meta.key(), &policy);
  released.again_in = kTargetPause;
  return released;
}

void AutoscalingController::tell(const Policy& policy, const DecisionRecord& record,
                                 Running& running) {
  const autoscale::Decision& decision = record.decision;
  api::AutoscalingStatus& status = running.status;
  const auto desired = static_cast<std::uint32_t>(decision.desired);
  const bool is_news = decision.desired != decision.current && status.desired != desired;
  const std::string reason(json::name_of(decision.reason));
  if (is_news) {
    status.decisions.insert(status.decisions.begin(),
                            {.time = kube::timestamp(clock_.wall_now()),
                             .from = static_cast<std::uint32_t>(decision.current),
                             .to = desired,
                             .reason = reason});
    status.decisions.resize(
        std::min(status.decisions.size(), api::AutoscalingStatus::kDecisionsMax));
    events_.record(kube::kPolicies, policy.meta, false,
                   decision.write ? "ReplicasSet" : "ReplicasAdvised",
                   described(policy.parsed.autoscaling->target) + ": " +
                       changed(decision.current, decision.desired) + " (" + reason + ")");
  }
  status.current = static_cast<std::uint32_t>(decision.current);
  status.desired = desired;
  status.reason = reason;
  status.lead_time = std::chrono::floor<std::chrono::seconds>(running.scaler.lead_time().duration);
  const autoscale::Time now = autoscale::time_of(record.inputs.now_ms);
  if (is_news || !running.forecast_shown || now - *running.forecast_shown >= kForecastPeriod) {
    running.forecast_shown = now;
    status.forecast = forecast_status(record.inputs);
  }
  status.usd_per_hour = usd_per_hour(record.inputs.settings.budget, decision.desired);
  for (const ConditionEvent& event : running.events.changes(decision.conditions)) {
    events_.record(kube::kPolicies, policy.meta, event.warning, event.reason, event.note);
  }
  observer_.decided(record, running.scaler.lead_time());
  AutoscalingNote note{.status = status};
  for (const autoscale::Finding& finding : decision.conditions) {
    note.conditions.push_back({finding.type, finding.status, finding.reason, finding.message});
  }
  const NodeDemand demand{.forecast = node_forecast(policy, running),
                          .desired = decision.desired,
                          .replicas = decision.write.value_or(decision.current)};
  NodeReport nodes = capacity_.look(policy, demand);
  if (nodes.status) {
    observer_.prepared(policy.meta.key(), *nodes.status);
  }
  note.status.nodes = std::move(nodes.status);
  std::ranges::move(nodes.conditions, std::back_inserter(note.conditions));
  if (uses_hold(policy)) {
    const HoldController::Standing standing = hold_.standing(policy);
    note.conditions.push_back(
        {"HoldReady", standing.ready ? api::ConditionStatus::kTrue : api::ConditionStatus::kFalse,
         standing.reason, standing.message});
  }
  publish(policy, std::move(note));
}

autoscale::NodeForecast AutoscalingController::node_forecast(const Policy& policy,
                                                             const Running& running) const {
  if (!wants_nodes(policy)) {
    return {};
  }
  const double quantile = policy.parsed.autoscaling->nodes->quantile_percent / 100.0;
  return running.scaler.node_forecast(time_of(clock_.wall_now()), quantile);
}

void AutoscalingController::publish(const Policy& policy, AutoscalingNote note) {
  if (board_.publish(policy.meta.key(), std::move(note))) {
    observer_.published(policy.meta.ns, policy.meta.name);
  }
}

}  // namespace penstock::controllers
