#include "operator/controllers/capacity_controller.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "operator/controllers/node_events.h"
#include "operator/controllers/node_wishes.h"
#include "operator/kube/timestamp.h"
#include "operator/reconcile/autoscaling_note.h"

namespace penstock::controllers {

using api::ConditionStatus;
using api::NodeCapacitySpec;
using api::NodeCapacityStatus;
using api::NodeProvider;
using capacity::HeadroomPlan;
using capacity::Standing;
using kube::ApiResult;
using reconcile::Policy;

bool wants_nodes(const Policy& policy) {
  const auto& scaling = policy.parsed.autoscaling;
  return scaling && scaling->nodes && scaling->nodes->provider != NodeProvider::kOff;
}

namespace {

// How long a node is a new one, at least; else as long as nodes and replicas take to start.
constexpr std::chrono::milliseconds kSetUp{600'000};

// A LeaderWorkerSet, for one, makes its pods of two templates, and none is where others have
// theirs.
NodeReport no_gpus(const TargetTemplate& read, const api::ScaleTargetSpec& target) {
  const std::string name = target.kind + " " + target.name;
  if (!read.spec.contains("template")) {
    return without_plan(std::nullopt, "TemplateUnknown",
                        name +
                            " has no pod template at spec.template, so what a replica asks of "
                            "nodes is not known; its node pool has to be scaled by another");
  }
  return without_plan(std::nullopt, "NoGpus",
                      "the template of " + name +
                          " asks for no GPU: neither as a resource of its containers nor by a "
                          "ResourceClaimTemplate");
}

// `given_up`: whether what was kept could be taken back. `wanted`: what would be kept otherwise.
reconcile::AutoscalingNote::Stated unasked(bool contested, const ApiResult<void>& given_up,
                                           const std::string& wanted) {
  if (!given_up) {
    return {kNodeCapacity, ConditionStatus::kFalse, "ProviderFailed", given_up.error().message};
  }
  const std::string why = contested
                              ? "another scaler sets the replicas, so nobody is asked; without it "
                              : "in Advise nobody is asked; with Enforce ";
  return {kNodeCapacity, ConditionStatus::kFalse, contested ? "Conflict" : "Advising",
          why + wanted};
}

}  // namespace

// Of one policy.
struct CapacityController::Held {
  explicit Held(kube::EventRecorder& recorder) : events(recorder) {}

  std::int64_t generation = 0;
  int replicas = 0;
  clock::Instant next{};
  NodeReport report;
  capacity::HeadroomPlanner planner;
  std::optional<capacity::HeadroomPlanner> before_try;  // while nobody knows what became of it
  std::optional<TargetTemplate> target;
  std::string provider;  // who was asked last; empty: nobody
  std::string asked;     // what for
  clock::Instant ask_again{};
  std::string stuck;  // why what may not be kept any more was not deleted
  ApiResult<Standing> standing;
  NodeEvents events;
};

CapacityController::CapacityController(const Stores& stores, kube::Client& client,
                                       kube::Discovery& discovery, kube::EventRecorder& events,
                                       const clock::Clock& clock,
                                       const reconcile::Settings& settings,
                                       std::unique_ptr<Background> background)
    : stores_(stores),
      events_(events),
      clock_(clock),
      providers_(client, discovery,
                 {.allowed = settings.placeholders,
                  .image = settings.placeholder_image,
                  .priority_class = settings.placeholder_priority_class}),
      claimed_(client, discovery, clock, std::move(background)),
      templates_(stores, client, discovery, claimed_, clock) {}

CapacityController::~CapacityController() = default;

std::shared_ptr<CapacityController::Held> CapacityController::held(const Policy& policy) {
  const sync::MutexLock lock(mutex_);
  std::shared_ptr<Held>& slot = held_[policy.meta.key()];
  if (slot == nullptr) {
    slot = std::make_shared<Held>(events_);
    slot->report = stated_nodes(policy);
    const NodeCapacityStatus before = slot->report.status.value_or(NodeCapacityStatus());
    slot->provider = before.provider;
    slot->planner.adopt(static_cast<int>(before.expected));
    slot->events.adopt(slot->report);
  }
  return slot;
}

NodeReport CapacityController::look(const Policy& policy, const NodeDemand& demand) {
  const std::shared_ptr<Held> state = held(policy);
  const clock::Instant now = clock_.now();
  if (state->before_try && demand.replicas != state->replicas) {
    state->planner = *state->before_try;  // they were not asked for
  }
  if (!demand.tentative) {
    state->before_try.reset();
  }
  // What replicas that were just asked for take of the room is given up at once: kept beside them,
  // it would buy another node.
  const bool as_before =
      state->generation == policy.meta.generation && state->replicas == demand.replicas;
  // Until nodes are listed, all of them would seem to be missing.
  if ((now < state->next && as_before) || !stores_.nodes.complete()) {
    return state->report;
  }
  state->next = now + kPeriod;
  state->replicas = demand.replicas;
  state->generation = policy.meta.generation;
  if (wants_nodes(policy)) {
    if (demand.tentative && !state->before_try) {
      state->before_try = state->planner;
    }
    state->report = judge(policy, demand, *state);
  } else if (const ApiResult<void> taken = take_back(policy, *state); taken) {
    state->report = {};
  } else {
    tell_not_removed(policy, taken.error(), state->report);
  }
  return state->report;
}

kube::WorkOutcome CapacityController::release(const std::string& key, const Policy* policy) {
  if (policy != nullptr) {
    const std::shared_ptr<Held> state = held(*policy);
    if (const ApiResult<void> taken = take_back(*policy, *state); !taken) {
      tell_not_removed(*policy, taken.error(), state->report);
      return kube::failed(taken.error());
    }
  }
  pools_.release(key);
  const sync::MutexLock lock(mutex_);
  held_.erase(key);
  return {};
}

void CapacityController::forget_all() {
  pools_.release_all();
  const sync::MutexLock lock(mutex_);
  held_.clear();
}

NodeReport CapacityController::still_kept(const Policy& policy) {
  const std::shared_ptr<Held> state = held(policy);
  NodeReport kept{.status = state->report.status, .conditions = not_removed(state->report)};
  if (!state->provider.empty()) {
    kept.status = kept.status.value_or(NodeCapacityStatus{.reason = reconcile::kNotRemoved});
    kept.status->provider = state->provider;
  }
  return kept;
}

NodeReport CapacityController::judge(const Policy& policy, const NodeDemand& demand, Held& held) {
  const api::AutoscalingSpec& scaling = *policy.parsed.autoscaling;
  const NodeCapacitySpec& spec = *scaling.nodes;
  // Nobody knows whether another scaler's replicas would ever take the room.
  const bool contested = demand.withheld == autoscale::Withheld::kConflict;
  const bool enforces = scaling.mode == api::ScalingMode::kEnforce && !contested;
  // Whatever else is not known of the target and its nodes.
  const ApiResult<void> given_up = enforces ? ApiResult<void>() : take_back(policy, held);
  if (const ApiResult<void> read = templates_.read(policy, held.target); !read) {
    return without_plan(held.report.status, "TargetUnreadable", read.error().message);
  }
  const capacity::PodShape& shape = held.target->shape;
  if (shape.gpus == 0) {
    if (const ApiResult<void> taken = take_back(policy, held); !taken) {
      return without_plan(held.report.status, "ProviderFailed", taken.error().message);
    }
    return no_gpus(*held.target, scaling.target);
  }
  const std::optional<ApiResult<NodeSights>> seen = look_at_nodes(policy, demand, shape);
  if (!seen) {
    return held.report;
  }
  if (!*seen) {
    return without_plan(held.report.status, "DevicesUnreadable", seen->error().message);
  }
  const NodeSights& sights = **seen;
  const capacity::Room room = capacity::room_in(sights.nodes, shape.gpus);
  const auto now = std::chrono::floor<std::chrono::milliseconds>(clock_.wall_now());
  const HeadroomPlan plan =
      held.planner.plan({.now_ms = now.time_since_epoch().count(),
                         .forecast = demand.forecast.replicas,
                         .desired = demand.desired,
                         .replicas_max = static_cast<int>(scaling.max_replicas),
                         .headroom_min = static_cast<int>(spec.min_headroom),
                         .present = std::max(sights.replicas, demand.replicas),
                         .interrupted = room.interrupted,
                         .allocatable = room.allocatable,
                         .gpus_per_replica = static_cast<int>(shape.gpus),
                         .limits = headroom_limits(spec)});
  NodeCapacityStatus status = node_status(plan, room, demand.forecast.lead.duration);
  NodeReport report;
  const auto conclude = [&](ConditionStatus holds, std::string reason, std::string message) {
    report.conditions.push_back({kNodeCapacity, holds, std::move(reason), std::move(message)});
  };
  if (!enforces) {
    status.provider = held.provider;  // whoever did not let it be taken back
    report.conditions.push_back(unasked(contested, given_up, summary(status, shape, room)));
  } else {
    const ApiResult<Standing> standing =
        ask(policy, spec, wish_of(policy, shape, plan, room), held);
    status.provider = held.provider;
    if (!standing) {
      const bool forbidden = standing.error().forbidden();
      conclude(ConditionStatus::kFalse, forbidden ? "NotAllowed" : "ProviderFailed",
               standing.error().message +
                   (forbidden ? "; the chart's nodeCapacity gives that right" : ""));
    } else if (!standing->reason.empty()) {
      conclude(ConditionStatus::kFalse, standing->reason, standing->message);
    } else {
      conclude(ConditionStatus::kTrue, status.reason, summary(status, shape, room));
      held.events.tell(policy, sights, status, shape);
    }
  }
  judge_surge(policy, status, sights.replicas, held, report);
  report.status = std::move(status);
  return report;
}

void CapacityController::judge_surge(const Policy& policy, const NodeCapacityStatus& status,
                                     int replicas, Held& held, NodeReport& report) {
  if (stores_.nodes.size() == 0) {
    return;
  }
  const int free = std::max(0, static_cast<int>(status.allocatable) - replicas);
  if (auto fits = held.events.judge_surge(policy, *held.target, replicas, free)) {
    report.conditions.push_back(std::move(*fits));
  }
}

std::optional<ApiResult<NodeSights>> CapacityController::look_at_nodes(
    const Policy& policy, const NodeDemand& demand, const capacity::PodShape& shape) {
  const TargetPods replicas{policy, demand.pods};
  const auto& pool = policy.parsed.autoscaling->nodes->scale;
  const std::string settled_since =
      kube::timestamp(clock_.wall_now() - std::max(kSetUp, demand.forecast.lead.duration));
  // Without the right to read nodes there is none to read their devices either.
  if (!shape.by_claims || stores_.nodes.size() == 0) {
    return node_sights(stores_, replicas, shape, pool, settled_since);
  }
  const auto devices = claimed_.of(shape.resource);
  if (!devices && devices.error() == Silence::kNotYet) {
    return std::nullopt;
  }
  if (!devices) {
    return std::unexpected(kube::ApiError{.message = "resource.k8s.io does not answer"});
  }
  if (!**devices) {
    return std::unexpected((*devices)->error());
  }
  return node_sights(stores_, replicas, shape, pool, settled_since, ***devices);
}

ApiResult<Standing> CapacityController::ask(const Policy& policy, const NodeCapacitySpec& spec,
                                            capacity::Wish wish, Held& held) {
  auto provider = providers_.of(spec);
  if (!provider) {
    return std::unexpected(provider.error().forbidden()
                               ? not_allowed(policy, std::move(provider.error()), held)
                               : std::move(provider.error()));
  }
  const std::string name((*provider)->name());
  if (!held.provider.empty() && held.provider != name) {
    if (const ApiResult<void> taken = take_back(policy, held); !taken) {
      return std::unexpected(taken.error());
    }
  }
  if (spec.provider == NodeProvider::kScale) {
    if (const std::string other = pools_.claim(*spec.scale, policy.meta); !other.empty()) {
      return Standing{"PoolShared", "OptimizationPolicy " + other + ", which is older, sizes " +
                                        spec.scale->kind + " " + spec.scale->name +
                                        ": give each policy a pool of its own, or take another "
                                        "provider"};
    }
  }
  std::string asked = written_out(wish, name);
  const clock::Instant now = clock_.now();
  if (asked == held.asked && now < held.ask_again) {
    return held.standing;
  }
  held.provider = name;
  held.asked = std::move(asked);
  held.ask_again = now + kAgain;
  held.standing = (*provider)->hold(wish);
  return held.standing;
}

// Who may not be asked any more keeps nothing either; whoever took that right may have taken the
// one to delete, too.
kube::ApiError CapacityController::not_allowed(const Policy& policy, kube::ApiError error,
                                               Held& held) {
  const clock::Instant now = clock_.now();
  if (!held.provider.empty() && now >= held.ask_again) {
    held.ask_again = now + kAgain;
    const ApiResult<void> taken = take_back(policy, held);
    held.stuck = taken ? "" : taken.error().message;
  }
  if (!held.stuck.empty()) {
    error.message += "; what was kept stands, since it may not be deleted: " + held.stuck;
  }
  return error;
}

ApiResult<void> CapacityController::take_back(const Policy& policy, Held& held) {
  pools_.release(policy.meta.key());
  if (const auto provider = providers_.maker(held.provider); provider != nullptr) {
    if (ApiResult<void> released = provider->release(policy.meta); !released) {
      return released;
    }
  }
  held.provider.clear();
  held.asked.clear();
  held.events.forget_headroom();
  return {};
}

}  // namespace penstock::controllers
