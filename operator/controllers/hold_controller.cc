#include "operator/controllers/hold_controller.h"

#include <algorithm>
#include <utility>

#include "operator/controllers/autoscaling_controller.h"
#include "operator/kube/object_meta.h"

namespace penstock::controllers {

using autoscale::time_of;
using kube::ApiResult;
using kube::WorkOutcome;
using reconcile::EndpointSlice;
using reconcile::HeldService;
using reconcile::HoldPod;
using reconcile::Policy;
using reconcile::Ptr;

namespace {

// nullptr: of a kind that is not watched, or not there.
Ptr<reconcile::Workload> target_of(const Stores& stores, const Policy& policy) {
  const auto& scaling = policy.parsed.autoscaling;
  if (!scaling || scaling->target.api_version != "apps/v1") {
    return nullptr;
  }
  const api::ScaleTargetSpec& target = scaling->target;
  const auto& store = target.kind == "StatefulSet" ? stores.stateful_sets : stores.deployments;
  return store.find(policy.meta.ns, target.name);
}

std::string hash_of(const kube::ObjectMeta& meta) {
  const auto found = meta.labels.find(reconcile::kHoldHashLabel);
  return found == meta.labels.end() ? std::string() : found->second;
}

bool is_as_wanted(const kube::ObjectMeta& meta, const json::Value& wanted) {
  return hash_of(meta) == hash_of(kube::read_meta(wanted));
}

}  // namespace

bool uses_hold(const Policy& policy) {
  const auto& scaling = policy.parsed.autoscaling;
  return scaling && scaling->scale_to_zero && scaling->mode == api::ScalingMode::kEnforce &&
         is_autoscaled(policy);
}

WorkOutcome HoldController::reconcile(const std::string& ns, const std::string& name) {
  const std::string key = ns + "/" + name;
  const Ptr<Policy> newest = stores_.policies.find(ns, name);
  if (newest == nullptr) {
    forget(key);  // the policy owned what there was
    removal_.forget(key);
    return {};
  }
  const Ptr<Policy> policy = stores_.in_force.of(newest);
  if (policy == nullptr) {
    return {};
  }
  if (!uses_hold(*policy)) {
    forget(key);
    return removal_.remove(*policy, !hold_pods(*policy).empty());
  }
  removal_.forget(key);
  const Ptr<reconcile::Workload> target = target_of(stores_, *policy);
  const HeldService held = held_service(*policy, target == nullptr ? nullptr : &target->pods.labels,
                                        stores_.services.list(ns));
  // Also where something is wrong: who waits in them has to be served.
  const std::vector<HoldPod> pods = ask_pods(*policy);
  if (held.service == nullptr) {
    return refuse(key, held.reason, held.message);
  }
  ApiResult<void> kept = keep_objects(*policy, held);
  if (kept) {
    kept = keep_slice(*policy, held, pods);
  }
  if (!kept) {
    const bool forbidden = kept.error().forbidden();
    static_cast<void>(
        refuse(key, forbidden ? "NotAllowed" : "NotWritten",
               kept.error().message +
                   (forbidden ? "; the chart's autoscaling.scaleToZero gives that right" : "")));
    return kube::failed(kept.error());
  }
  return {};
}

void HoldController::forget(const std::string& key) {
  collector_.set_targets(owner(key), {});
  const sync::MutexLock lock(mutex_);
  states_.erase(key);
}

void HoldController::forget_all() {
  removal_.forget_all();
  const sync::MutexLock lock(mutex_);
  states_.clear();
}

std::vector<Ptr<reconcile::Pod>> HoldController::hold_pods(const Policy& policy) const {
  const std::string name = reconcile::hold_name(policy.meta.name);
  std::vector<Ptr<reconcile::Pod>> pods = stores_.pods.list(policy.meta.ns);
  std::erase_if(pods, [&name](const auto& pod) {
    const auto label = pod->meta.labels.find(reconcile::kHoldLabel);
    return label == pod->meta.labels.end() || label->second != name || pod->finished;
  });
  return pods;
}

WorkOutcome HoldController::refuse(const std::string& key, std::string reason,
                                   std::string message) {
  const sync::MutexLock lock(mutex_);
  State& state = states_[key];
  state.looked = true;
  state.reason = std::move(reason);
  state.message = std::move(message);
  return {};
}

// The Service first: the Deployment's pods are told its address.
ApiResult<void> HoldController::keep_objects(const Policy& policy, const HeldService& held) {
  const std::string& ns = policy.meta.ns;
  const std::string name = reconcile::hold_name(policy.meta.name);
  const json::Value service = hold_service(policy, held);
  const Ptr<reconcile::Service> there = stores_.services.find(ns, name);
  std::string address = there == nullptr ? std::string() : there->cluster_ip;
  if (there == nullptr || !is_as_wanted(there->meta, service)) {
    const auto written = client_.apply(kube::kServices.object(ns, name), service);
    if (!written) {
      return std::unexpected(written.error());
    }
    address = kube::text_of(kube::member(*written, "spec"), "clusterIP");
  }
  const json::Value deployment = hold_deployment(policy, held, address, settings_);
  const Ptr<reconcile::Workload> runs = stores_.deployments.find(ns, name);
  if (runs == nullptr || !is_as_wanted(runs->meta, deployment)) {
    const auto written = client_.apply(kube::kDeployments.object(ns, name), deployment);
    if (!written) {
      return std::unexpected(written.error());
    }
  }
  return {};
}

std::vector<HoldPod> HoldController::ask_pods(const Policy& policy) {
  std::vector<HoldPod> taking;
  std::vector<collect::Target> targets;
  std::map<std::string, Holder> holders;
  for (const Ptr<reconcile::Pod>& pod : hold_pods(policy)) {
    if (pod->ip.empty()) {
      continue;
    }
    const bool takes = pod->ready && !pod->meta.deleting;
    if (takes) {
      taking.push_back({pod->meta.name, pod->ip});
    }
    holders[pod->meta.key()] = {.takes = takes, .takes_since = clock_.now()};
    targets.push_back(
        {.pod = pod->meta.key(), .ip = pod->ip, .port = settings_.status_port, .signals = true});
  }
  collector_.set_targets(owner(policy.meta.key()), std::move(targets));
  const sync::MutexLock lock(mutex_);
  State& state = states_[policy.meta.key()];
  for (auto& [key, holder] : holders) {
    if (const auto known = state.pods.find(key); known != state.pods.end()) {
      holder.meter = known->second.meter;
      if (known->second.takes) {
        holder.takes_since = known->second.takes_since;
      }
    }
  }
  state.pods = std::move(holders);
  state.looked = true;
  return taking;
}

ApiResult<void> HoldController::keep_slice(const Policy& policy, const HeldService& held,
                                           std::vector<HoldPod> pods) {
  const std::string& ns = policy.meta.ns;
  const std::string name = reconcile::hold_name(policy.meta.name);
  const std::string& service = held.service->meta.name;
  const auto slices = stores_.slices.list(ns);
  const bool served = std::ranges::any_of(slices, [&](const Ptr<EndpointSlice>& slice) {
    return slice->service == service && slice->meta.name != name && slice->ready;
  });
  bool wanted = false;
  {
    const sync::MutexLock lock(mutex_);
    wanted = states_[policy.meta.key()].wanted;
  }
  if (served && !wanted) {
    pods.clear();
  }
  std::vector<std::string> addresses;
  addresses.reserve(pods.size());
  for (const HoldPod& pod : pods) {
    addresses.push_back(pod.ip);
  }
  const Ptr<EndpointSlice> there = stores_.slices.find(ns, name);
  const bool stands = there != nullptr && there->service == service &&
                      there->addresses == addresses &&
                      there->ports == std::vector<std::int64_t>{settings_.bind_port};
  {
    const sync::MutexLock lock(mutex_);
    State& state = states_[policy.meta.key()];
    state.service = service;
    state.reason.clear();
    if (!stands || addresses.empty()) {
      state.since.reset();
    } else if (!state.since) {
      state.since = clock_.now();
    }
  }
  if (!stands) {
    const auto written = client_.apply(kube::kEndpointSlices.object(ns, name),
                                       hold_slice(policy, held, pods, settings_));
    if (!written) {
      return std::unexpected(written.error());
    }
  }
  return {};
}

HoldController::Standing HoldController::standing(const Policy& policy) {
  const sync::MutexLock lock(mutex_);
  const auto found = states_.find(policy.meta.key());
  if (found == states_.end() || !found->second.looked) {
    return {.known = false, .reason = "NotLookedYet", .message = "nobody holds requests yet"};
  }
  State& state = found->second;
  Standing standing = judge(reconcile::hold_name(policy.meta.name), state);
  if (standing.ready) {
    state.unheld_since.reset();
  } else if (standing.known && !state.unheld_since) {
    state.unheld_since = clock_.now();
  }
  if (state.unheld_since) {
    standing.unheld =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - *state.unheld_since);
  }
  return standing;
}

HoldController::Standing HoldController::judge(const std::string& name, State& state) {
  Standing standing;
  const autoscale::Time now = time_of(clock_.wall_now());
  bool takes = false;
  bool may_speak_yet = false;
  for (auto& [pod, holder] : state.pods) {
    const auto sample = collector_.sample(pod);
    may_speak_yet = may_speak_yet || (holder.takes && sample == nullptr &&
                                      clock_.now() < holder.takes_since + kFirstWord);
    if (sample != nullptr) {
      holder.meter.take(time_of(sample->received), sample->report);
    }
    const std::optional<int> held = holder.meter.at(now);
    takes = takes || holder.takes;
    standing.ready = standing.ready || (holder.takes && held);
    standing.held += held.value_or(0);
  }
  if (!state.reason.empty()) {
    standing.ready = false;
    standing.reason = state.reason;
    standing.message = state.message;
  } else if (standing.ready) {
    standing.reason = "Ready";
    standing.message = "requests to Service " + state.service + " would wait in " + name;
  } else if (!takes) {
    standing.reason = "PodsNotReady";
    standing.message = "no pod of Deployment " + name + " is ready";
  } else if (may_speak_yet) {
    standing.known = false;
    standing.reason = "NotAskedYet";
    standing.message = "no pod of Deployment " + name + " has answered the operator yet";
  } else {
    standing.reason = "PodsSilent";
    standing.message =
        "no pod of Deployment " + name + " answers the operator; a NetworkPolicy may stand between";
  }
  return standing;
}

bool HoldController::stand_in(const Policy& policy, bool wanted) {
  bool moved = false;
  bool known = false;
  {
    const sync::MutexLock lock(mutex_);
    State& state = states_[policy.meta.key()];
    moved = std::exchange(state.wanted, wanted) != wanted;
    known = state.since && clock_.now() - *state.since >= kKnown;
  }
  if (moved) {
    changed_(policy.meta.ns, policy.meta.name);
  }
  return known;
}

}  // namespace penstock::controllers
