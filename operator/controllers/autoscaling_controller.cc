#include "operator/controllers/autoscaling_controller.h"

#include <algorithm>
#include <utility>

#include "lib/api/selects.h"
#include "lib/json/field.h"
#include "operator/autoscale/policy_settings.h"
#include "operator/kube/scale.h"
#include "operator/kube/timestamp.h"

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

autoscale::Time time_of(clock::WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

// Of the target's pods those that the policy's selector takes; a pod without the sidecar serves,
// too, and says nothing.
bool counts(const Policy& policy, const Pod& pod) {
  return !pod.finished && !pod.meta.deleting && !reconcile::is_hold(pod.meta) &&
         api::selects(policy.parsed.selector, pod.meta.labels);
}

std::string described(const api::ScaleTargetSpec& target) {
  return target.kind + " " + target.name;
}

std::string changed(int from, int to) {
  return std::to_string(from) + " -> " + std::to_string(to) + " replicas";
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
        scaler(policy.meta.key(), autoscale::settings_of(*policy.parsed.autoscaling)) {}

  api::ScaleTargetSpec target;
  std::int64_t generation;
  autoscale::Scaler scaler;
  std::map<std::string, autoscale::PodMeter> meters;  // by pod
  api::AutoscalingStatus status;
};

AutoscalingController::AutoscalingController(
    const Stores& stores, kube::Client& client, kube::Discovery& discovery,
    kube::EventRecorder& events, const collect::Collector& collector, HoldController& hold,
    AutoscalingBoard& board, const clock::Clock& clock, AutoscalingObserver& observer)
    : stores_(stores),
      client_(client),
      discovery_(discovery),
      events_(events),
      collector_(collector),
      hold_(hold),
      board_(board),
      clock_(clock),
      observer_(observer) {}

AutoscalingController::~AutoscalingController() = default;

WorkOutcome AutoscalingController::reconcile(const std::string& ns, const std::string& name) {
  const Ptr<Policy> policy = stores_.policies.find(ns, name);
  if (policy == nullptr || (policy->errors.empty() && !is_autoscaled(*policy))) {
    forget(ns + "/" + name);
    return {};
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
  if (may_write(*policy, record.decision)) {
    const auto written = kube::write_scale(client_, (*live)->path, *record.decision.write,
                                           (*live)->resource_version);
    // Somebody wrote it since: that is looked at first.
    if (!written && !written.error().conflict()) {
      return kube::failed(written.error());
    }
  }
  tell(*policy, record, state);
  return {.again_in = kPeriod};
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
    slot->scaler.set(autoscale::settings_of(spec));
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

Sight AutoscalingController::sight(const Policy& policy, const Live& live, Running& running) const {
  Sight seen{.now = time_of(clock_.wall_now()),
             .replicas = live.replicas,
             .other_scaler = other_scaler(policy)};
  if (uses_hold(policy)) {
    const HoldController::Standing standing = hold_.standing(policy);
    seen.held_requests = standing.held;
    seen.hold_ready = standing.ready;
  }
  std::map<std::string, autoscale::PodMeter> meters;
  for (const Ptr<Pod>& pod : stores_.pods.list(policy.meta.ns)) {
    if (!counts(policy, *pod)) {
      continue;
    }
    autoscale::PodSight shown{.name = pod->meta.name};
    shown.created = time_of(kube::time_of(pod->meta.created).value_or(clock_.wall_now()));
    if (pod->ready) {
      shown.ready_since = time_of(kube::time_of(pod->ready_since).value_or(clock_.wall_now()));
    }
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
  return seen;
}

WorkOutcome AutoscalingController::target_missing(const Policy& policy, std::string message) {
  publish(policy, {.status = {.reason = "TargetNotFound"},
                   .conditions = {{.type = "ScalingActive",
                                   .status = api::ConditionStatus::kFalse,
                                   .reason = "TargetNotFound",
                                   .message = std::move(message)}}});
  return {.again_in = kTargetPause};
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
  observer_.decided(record, running.scaler.lead_time());
  AutoscalingNote note{.status = status};
  for (const autoscale::Finding& finding : decision.conditions) {
    note.conditions.push_back({finding.type, finding.status, finding.reason, finding.message});
  }
  if (uses_hold(policy)) {
    const HoldController::Standing standing = hold_.standing(policy);
    note.conditions.push_back(
        {"HoldReady", standing.ready ? api::ConditionStatus::kTrue : api::ConditionStatus::kFalse,
         standing.reason, standing.message});
  }
  publish(policy, std::move(note));
}

void AutoscalingController::publish(const Policy& policy, AutoscalingNote note) {
  if (board_.publish(policy.meta.key(), std::move(note))) {
    observer_.published(policy.meta.ns, policy.meta.name);
  }
}

}  // namespace penstock::controllers
