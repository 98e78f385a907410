#include "operator/controllers/autoscaling_controller.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/json/field.h"
#include "operator/controllers/hold_condition.h"
#include "operator/controllers/scaled_target.h"
#include "operator/controllers/scaling_status.h"
#include "operator/kube/timestamp.h"

namespace penstock::controllers {

using autoscale::DecisionRecord;
using autoscale::Sight;
using autoscale::time_of;
using kube::ApiResult;
using kube::WorkOutcome;
using reconcile::AutoscalingNote;
using reconcile::Policy;
using reconcile::Ptr;

namespace {

// A forecast is of minutes; each of its steps would be a write of the status.
constexpr std::chrono::minutes kForecastPeriod{1};

std::string changed(int from, int to) {
  return std::to_string(from) + " -> " + std::to_string(to) + " replicas";
}

void say(NodeReport of_nodes, AutoscalingNote& note) {
  note.status.nodes = std::move(of_nodes.status);
  std::ranges::move(of_nodes.conditions, std::back_inserter(note.conditions));
}

}  // namespace

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
  const Ptr<Policy> newest = stores_.policies.find(ns, name);
  if (newest == nullptr) {
    return end(ns + "/" + name, nullptr);
  }
  const Ptr<Policy> policy = stores_.in_force.of(newest);
  if (policy == nullptr) {
    return {.again_in = kPeriod};  // replicas stay as they are; the status says so
  }
  if (!is_autoscaled(*policy)) {
    return end(ns + "/" + name, policy.get());
  }
  const ApiResult<std::optional<LiveTarget>> live =
      find_target(stores_, client_, discovery_, *policy);
  if (!live) {
    return kube::failed(live.error());
  }
  if (!*live) {
    return target_missing(*policy);
  }
  const std::shared_ptr<ScaledTarget> held = running(*policy);  // also if it is forgotten meanwhile
  ScaledTarget& state = *held;
  state.meet(**live);
  const DecisionRecord record = state.scaler.tick(sight(*policy, **live, state));
  const bool allowed = may_write(*policy, record.decision);
  // Room that a replica is about to take is given up first: a placeholder that makes way for it
  // would be made anew, and buy another node. Where replicas were refused last, it is kept until
  // they are written.
  if (allowed && *record.decision.write > record.decision.current && !state.writer.refused()) {
    NodeDemand demand = node_demand(*policy, record.decision, *record.decision.write, state);
    demand.tentative = true;
    capacity_.look(*policy, demand);
  }
  const ReplicaWriter::Done done =
      state.writer.write(client_, stores_, collector_, clock_.now(),
                         {*policy, **live, state.replicas.pods(), record.decision, allowed});
  if (done.set) {
    state.foreign.wrote(clock_.now());
  }
  tell(*policy, record, done, state);
  const std::string problem = done.problem.empty() ? done.unmarkable : done.problem;
  const bool is_news = std::exchange(state.problem, problem) != problem;
  return {.problem = is_news ? problem : "", .again_in = kPeriod};
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

void AutoscalingController::forget_all() {
  const sync::MutexLock lock(mutex_);
  running_.clear();
}

std::shared_ptr<ScaledTarget> AutoscalingController::running(const Policy& policy) {
  const sync::MutexLock lock(mutex_);
  std::shared_ptr<ScaledTarget>& slot = running_[policy.meta.key()];
  const api::AutoscalingSpec& spec = *policy.parsed.autoscaling;
  if (slot == nullptr || slot->target != spec.target) {
    const bool starts = slot == nullptr;
    slot = std::make_shared<ScaledTarget>(
        policy, starts ? said_before(policy) : api::OptimizationPolicyStatus(),
        time_of(clock_.wall_now()));
  } else {
    slot->follow(policy);
  }
  return slot;
}

// A policy that is scaled no more, or is gone (null).
WorkOutcome AutoscalingController::end(const std::string& key, const Policy* policy) {
  observer_.forgotten(key);
  {
    const sync::MutexLock lock(mutex_);
    running_.erase(key);
  }
  WorkOutcome released = capacity_.release(key, policy);
  if (policy == nullptr) {
    board_.remove(key);
    return released;
  }
  AutoscalingNote note{.over = true};
  if (!released.succeeded) {
    say(capacity_.still_kept(*policy), note);
  } else if (hold_.removal().stands(*policy)) {
    released.again_in = kPeriod;
  }
  if (auto held = hold_condition(*policy, hold_)) {
    note.conditions.push_back(std::move(*held));
  }
  publish(*policy, std::move(note));
  return released;
}

Sight AutoscalingController::sight(const Policy& policy, const LiveTarget& live,
                                   ScaledTarget& running) {
  Sight seen{.now = time_of(clock_.wall_now()),
             .replicas = live.replicas,
             .other_scaler = other_scaler(stores_, policy)};
  if (std::string foreign = running.foreign.look(client_, live, clock_.now());
      seen.other_scaler.empty()) {
    seen.other_scaler = std::move(foreign);
  }
  seen.replicas_defaulted = live.replicas == 1 && running.foreign.lost_its_owner();
  if (uses_hold(policy)) {
    const HoldController::Standing standing = hold_.standing(policy);
    seen.held_requests = standing.held;
    seen.hold_ready = standing.ready;
    seen.unheld = standing.unheld;
  }
  seen.pods = running.replicas.look(stores_, collector_, {policy, running.pods}, seen.now);
  seen.present = running.replicas.present();
  pod_metrics_.look(*policy.parsed.autoscaling, policy.meta.ns, running.replicas.pods(), seen);
  return seen;
}

WorkOutcome AutoscalingController::target_missing(const Policy& policy) {
  const std::shared_ptr<ScaledTarget> held = running(policy);
  ScaledTarget& state = *held;
  const autoscale::Finding missing{
      "ScalingActive", api::ConditionStatus::kFalse, "TargetNotFound",
      described(policy.parsed.autoscaling->target) + " is not there, or serves no /scale"};
  tell_events(policy, {missing}, state);
  observer_.forgotten(policy.meta.key());
  AutoscalingNote note{
      .status = {.target = described(state.target),
                 .reason = missing.reason,
                 .decisions = state.changes.last()},
      .conditions = {{missing.type, missing.status, missing.reason, missing.message}}};
  // Room for replicas of nothing costs as much as any.
  WorkOutcome released = capacity_.release(policy.meta.key(), &policy);
  if (!released.succeeded) {
    say(capacity_.still_kept(policy), note);
  }
  publish(policy, std::move(note));
  released.again_in = kTargetPause;
  return released;
}

void AutoscalingController::tell(const Policy& policy, const DecisionRecord& record,
                                 const ReplicaWriter::Done& done, ScaledTarget& running) {
  const autoscale::Decision& decision = record.decision;
  api::AutoscalingStatus& status = running.status;
  const bool is_news = tell_change(policy, decision, done.set, running);
  status.target = described(running.target);
  status.decisions = running.changes.last();
  status.current = static_cast<std::uint32_t>(decision.current);
  status.desired = static_cast<std::uint32_t>(decision.desired);
  status.reason = std::string(json::name_of(decision.reason));
  status.lead_time = std::chrono::floor<std::chrono::seconds>(running.scaler.lead_time().duration);
  const autoscale::Time now = autoscale::time_of(record.inputs.now_ms);
  const auto& shown = running.forecast_shown;  // ahead of a clock that was set back
  if (is_news || !shown || now < *shown || now - *shown >= kForecastPeriod) {
    running.forecast_shown = now;
    status.forecast = forecast_status(record.inputs);
  }
  status.usd_per_hour = usd_per_hour(record.inputs.settings.budget, decision.desired);
  const std::vector<autoscale::Finding> conditions =
      with_outcome(decision.conditions, done.problem, done.unmarkable);
  tell_events(policy, conditions, running);
  observer_.decided(record, running.scaler.lead_time(), conditions);
  AutoscalingNote note{.status = status};
  for (const autoscale::Finding& finding : conditions) {
    note.conditions.push_back({finding.type, finding.status, finding.reason, finding.message});
  }
  const int replicas =
      done.problem.empty() ? decision.write.value_or(decision.current) : decision.current;
  NodeDemand demand = node_demand(policy, decision, replicas, running);
  // Somebody wrote the target at the same time: the next tick sees what it asks for.
  demand.tentative = !done.set && replicas > decision.current;
  NodeReport nodes = capacity_.look(policy, demand);
  observer_.prepared(policy.meta.key(), nodes.status);
  say(std::move(nodes), note);
  if (auto held = hold_condition(policy, hold_)) {
    note.conditions.push_back(std::move(*held));
  }
  publish(policy, std::move(note));
}

bool AutoscalingController::tell_change(const Policy& policy, const autoscale::Decision& decision,
                                        bool set, ScaledTarget& running) {
  if (!running.changes.note(decision, set, kube::timestamp(clock_.wall_now()))) {
    return false;
  }
  events_.record(kube::kPolicies, policy.meta, false, set ? "ReplicasSet" : "ReplicasAdvised",
                 described(policy.parsed.autoscaling->target) + ": " +
                     changed(decision.current, decision.desired) + " (" +
                     std::string(json::name_of(decision.reason)) + ")");
  return true;
}

void AutoscalingController::tell_events(const Policy& policy,
                                        const std::vector<autoscale::Finding>& conditions,
                                        ScaledTarget& running) {
  for (const ConditionEvent& event : running.events.changes(conditions)) {
    events_.record(kube::kPolicies, policy.meta, event.warning, event.reason, event.note);
  }
}

NodeDemand AutoscalingController::node_demand(const Policy& policy,
                                              const autoscale::Decision& decision, int replicas,
                                              const ScaledTarget& running) const {
  NodeDemand demand{.desired = decision.desired,
                    .replicas = replicas,
                    .withheld = decision.withheld,
                    .pods = running.pods};
  if (wants_nodes(policy)) {
    const double quantile = policy.parsed.autoscaling->nodes->quantile_percent / 100.0;
    demand.forecast = running.scaler.node_forecast(time_of(clock_.wall_now()), quantile);
  }
  // A person said how many there are to be: nobody comes to take more room.
  if (decision.withheld == autoscale::Withheld::kManualOverride ||
      decision.reason == autoscale::Reason::kPaused) {
    demand.desired = replicas;
    demand.forecast.replicas = replicas;
  }
  return demand;
}

void AutoscalingController::publish(const Policy& policy, AutoscalingNote note) {
  if (board_.publish(policy.meta.key(), std::move(note))) {
    observer_.published(policy.meta.ns, policy.meta.name);
  }
}

}  // namespace penstock::controllers
