#include "operator/controllers/policy_controller.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "lib/json/write.h"
#include "operator/controllers/autoscaling_controller.h"
#include "operator/kube/timestamp.h"
#include "operator/reconcile/advice.h"
#include "operator/reconcile/own_workloads.h"
#include "operator/reconcile/sidecar_container.h"

namespace penstock::controllers {
namespace {

using kube::ApiResult;
using kube::WorkOutcome;
using reconcile::Plan;
using reconcile::Policy;
using reconcile::Ptr;
using reconcile::World;

std::optional<bool> proven_by(const collect::Report& report) {
  return report.proof == collect::Proof::kNone
             ? std::nullopt
             : std::optional(report.proof == collect::Proof::kGood);
}

// Then at the latest.
void look_again(WorkOutcome& outcome, std::chrono::milliseconds in) {
  outcome.again_in = std::min(outcome.again_in.value_or(in), in);
}

}  // namespace

WorkOutcome PolicyController::end(const std::string& ns, const std::string& name) {
  statuses_.forget(kube::kPolicies, ns, name);
  collector_.set_targets(ns + "/" + name, {});
  forget(ns + "/" + name);
  configs_.forget(ns + "/" + name);
  notices_.forget(ns + "/" + name);
  evictions_.forget(ns + "/" + name);
  if (stores_.config_maps.find(ns, reconcile::config_map_name(name)) != nullptr) {
    return {};  // we are called again when it goes
  }
  const ApiResult<bool> told = notices_.tell_of_the_end(ns, name);
  if (!told) {
    return kube::failed(told.error());
  }
  return *told ? WorkOutcome{.again_in = PodNotices::kAgain} : WorkOutcome{};
}

WorkOutcome PolicyController::reconcile(const std::string& ns, const std::string& name) {
  const Ptr<Policy> policy = stores_.policies.find(ns, name);
  if (policy == nullptr) {
    return end(ns, name);
  }
  World world = gather(policy);
  Plan plan = decide(world, settings_);
  const bool all_asked = ask_sidecars(world, plan.status.hash);
  const auto restored_in = configs_.pause_of_restore(*policy, plan);
  if (restored_in == restored_in.zero()) {
    if (const ApiResult<void> written = configs_.write(*policy, plan); !written) {
      return not_delivered(std::move(world), written.error());
    }
  }
  const PodNotices::Told told = notify(world, plan);
  if (told.error && told.error->status == 0) {
    return kube::failed(*told.error);  // nor would anything else be answered
  }
  const Evictions::Outcome evicted =
      plan.evict.empty() ? Evictions::Outcome{} : evictions_.evict_one(*policy, plan.evict);
  const auto rest = await_first_word(policy->meta.key(), all_asked);
  WorkOutcome outcome =
      rest > rest.zero() ? WorkOutcome{.again_in = rest} : finish_status(*policy, plan);
  if (outcome.succeeded && !outcome.again_in && evicted.held) {
    outcome.again_in = kEvictionPause;
  }
  if (outcome.succeeded && !outcome.again_in && !plan.remind.empty()) {
    outcome.again_in = PodNotices::kAgain;
  }
  if (outcome.succeeded && !outcome.again_in && plan.judge_later) {
    outcome.again_in = kTrafficKnown;
  }
  if (restored_in > restored_in.zero()) {
    look_again(outcome, restored_in);
  }
  if (told.again_in) {
    look_again(outcome, *told.again_in);
  }
  const std::optional<kube::ApiError>& error = told.error ? told.error : evicted.error;
  if (outcome.succeeded && error) {
    const auto again_in = outcome.again_in;  // whatever becomes of that
    outcome = kube::failed(*error);
    outcome.again_in = again_in;
  }
  return outcome;
}

PodNotices::Told PolicyController::notify(World& world, Plan& plan) {
  const kube::ObjectMeta& policy = world.policy->meta;
  PodNotices::Told told = notices_.tell(policy, plan.tell, plan.status.hash);
  // Their kubelets have found it by themselves.
  std::erase_if(told.refused, [&](const std::string& pod) {
    const auto report = world.reports.find(policy.ns + "/" + pod);
    return report != world.reports.end() && report->second.hash == plan.status.hash;
  });
  if (!told.refused.empty()) {
    world.untold =
        "the API server refuses to annotate " + reconcile::listed(told.refused) +
        ", so that their kubelets find what is delivered only after a minute or two: " + told.why;
    plan = decide(world, settings_);
  }
  if (told.error && told.error->status == 0) {
    return told;
  }
  const ApiResult<void> reminded = notices_.remind(policy.ns, plan.remind, plan.status.hash);
  if (!told.error && !reminded) {
    told.error = reminded.error();
  }
  return told;
}

World PolicyController::gather(const Ptr<Policy>& policy) const {
  const std::string& ns = policy->meta.ns;
  World world;
  world.policy = policy;
  for (Ptr<Policy>& other : stores_.policies.list(ns)) {
    if (other->meta.name != policy->meta.name) {
      world.others.push_back(std::move(other));
    }
  }
  world.tiers = stores_.tiers.list(ns);
  world.tables = stores_.tables.list(ns);
  world.pods = stores_.pods.list(ns);
  std::vector<Ptr<reconcile::Workload>> workloads = stores_.deployments.list(ns);
  std::ranges::move(stores_.stateful_sets.list(ns), std::back_inserter(workloads));
  reconcile::add_workloads(workloads, world);
  world.services = stores_.services.list(ns);
  world.slices = stores_.slices.list(ns);
  if (const auto found = stores_.namespaces.find("", ns); found != nullptr) {
    world.pod_security = found->pod_security;
  }
  gather_config(world);
  std::vector<std::string> pods;
  for (const Ptr<reconcile::Pod>& pod : world.pods) {
    if (pod->injected_by == policy->meta.name) {
      pods.push_back(pod->meta.key());
    }
  }
  for (auto& [pod, report] : collector_.reports(pods)) {
    world.reports.emplace(pod, reconcile::SidecarReport{.reachable = report.reachable,
                                                        .hash = std::move(report.hash),
                                                        .version = std::move(report.version),
                                                        .refuses = !report.problem.empty(),
                                                        .proven = proven_by(report)});
  }
  world.autoscaling = board_.find(policy->meta.key());
  evictions_.tell(world);
  world.now = kube::timestamp(clock_.wall_now());
  world.judged_until = kube::timestamp(clock_.wall_now() - kTrafficKnown);
  return world;
}

void PolicyController::gather_config(World& world) const {
  const kube::ObjectMeta& policy = world.policy->meta;
  const auto found = stores_.config_maps.find(policy.ns, reconcile::config_map_name(policy.name));
  // That of a policy of the same name before goes with it.
  const bool is_ours = found != nullptr && found->owner_uid == policy.uid;
  world.config_hash = is_ours && found->intact == true ? found->hash : "";
  world.config_lost = !is_ours || found->intact == false;
  world.listener = is_ours ? found->listener : std::nullopt;
  world.last_delivered = configs_.last_delivered(policy.key());
}

bool PolicyController::ask_sidecars(const World& world, const std::string& hash) {
  std::vector<collect::Target> targets;
  bool all_asked = true;
  // What runs is what was delivered, not an edit that is not good.
  const reconcile::ListenerKind listener =
      world.listener.value_or(reconcile::listener_kind(world.policy->parsed.listener));
  const Ptr<Policy> in_force = stores_.in_force.of(world.policy);
  for (const Ptr<reconcile::Pod>& pod : world.pods) {
    if (pod->has_sidecar && pod->injected_by == world.policy->meta.name && !pod->ip.empty() &&
        !pod->finished && !pod->meta.deleting) {
      all_asked = all_asked && world.reports.contains(pod->meta.key());
      // One that asks for certificates, which the operator has not, stays unproven and is not
      // judged.
      // Pods keep the port that they were made with when the setting changes.
      const std::int64_t port = pod->status_port > 0 ? pod->status_port : settings_.status_port;
      targets.push_back({.pod = pod->meta.key(),
                         .ip = pod->ip,
                         .port = static_cast<std::uint16_t>(port),
                         .wanted = hash,
                         .data_port = static_cast<std::uint16_t>(pod->sidecar_port),
                         .data_tls = listener != reconcile::ListenerKind::kPlain,
                         .signals = in_force != nullptr && is_autoscaled(*in_force)});
    }
  }
  collector_.set_targets(world.policy->meta.key(), std::move(targets));
  return all_asked;
}

std::chrono::milliseconds PolicyController::await_first_word(const std::string& policy,
                                                             bool all_asked) {
  const sync::MutexLock lock(mutex_);
  const clock::Instant now = clock_.now();
  clock::Instant& until = first_word_until_.try_emplace(policy, now + kFirstWord).first->second;
  if (all_asked) {
    until = now;  // from here on pods come and go, and nobody waits for one
  }
  return now < until ? std::chrono::ceil<std::chrono::milliseconds>(until - now)
                     : std::chrono::milliseconds::zero();
}

void PolicyController::forget(const std::string& policy) {
  const sync::MutexLock lock(mutex_);
  first_word_until_.erase(policy);
}

void PolicyController::forget_all() {
  evictions_.forget_all();
  ask_anew();
}

void PolicyController::ask_anew() {
  const sync::MutexLock lock(mutex_);
  first_word_until_.clear();
}

WorkOutcome PolicyController::not_delivered(World world, const kube::ApiError& error) {
  const Policy& policy = *world.policy;
  // What was refused stays so until somebody acts; all else is only tried again.
  const bool is_refused = error.status >= 400 && error.status < 500 && error.status != 429;
  WorkOutcome outcome = kube::failed(error);
  if (is_refused) {
    const std::string name = reconcile::config_map_name(policy.meta.name);
    const std::string remedy = error.reason == ConfigWriter::kNotOurs
                                   ? "; give it or the policy another name"
                                   : "; kubectl -n " + policy.meta.ns + " delete configmap " +
                                         name + " lets it be made anew";
    world.undelivered = "sidecars keep the version before, since ConfigMap " + name +
                        " cannot be written: " + error.message + remedy;
    const WorkOutcome told = finish_status(policy, decide(world, settings_));
    outcome.again_in = told.again_in;
    if (!told.succeeded) {
      outcome.problem += "; nor can the status say so: " + told.problem;
      outcome.retry_after = std::max(outcome.retry_after, told.retry_after);
    }
  }
  return outcome;
}

WorkOutcome PolicyController::finish_status(const Policy& policy, const Plan& plan) {
  StatusWriter::Done done =
      statuses_.write(kube::kPolicies, policy.meta, policy.status, json::write(plan.status));
  if (!done.written) {
    return std::move(done.outcome);
  }
  for (const reconcile::PlannedEvent& event : plan.events) {
    events_.record(kube::kPolicies, policy.meta, event.warning, event.reason, event.message);
  }
  return std::move(done.outcome);
}

}  // namespace penstock::controllers
