#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "lib/api/validate.h"
#include "lib/json/field.h"
#include "lib/json/scalars.h"

namespace penstock::api {
namespace {

using Errors = std::vector<json::FieldError>;

std::string indexed(std::string_view list, std::size_t index) {
  return "spec.autoscaling." + std::string(list) + "[" + std::to_string(index) + "]";
}

void validate_schedules(const AutoscalingSpec& spec, Errors& errors) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < spec.schedules.size(); ++i) {
    const ScalingScheduleSpec& schedule = spec.schedules[i];
    const std::string path = indexed("schedules", i);
    if (!names.insert(schedule.name).second) {
      errors.push_back({path + ".name", "stands twice in this list"});
    }
    std::set<Weekday> days;
    for (std::size_t day = 0; day < schedule.days.size(); ++day) {
      if (!days.insert(schedule.days[day]).second) {
        errors.push_back(
            {path + ".days[" + std::to_string(day) + "]", "stands twice in this list"});
      }
    }
    if (schedule.min_replicas > spec.max_replicas) {
      errors.push_back({path + ".minReplicas", "must not be larger than maxReplicas (" +
                                                   std::to_string(spec.max_replicas) + ")"});
    }
  }
}

// A field that some types need and no other has.
void validate_part(const ScalingTriggerSpec& trigger, bool belongs, bool is_there, std::string path,
                   Errors& errors) {
  const std::string type(json::name_of(trigger.type));
  if (belongs && !is_there) {
    errors.push_back({std::move(path), "is required for " + type});
  } else if (!belongs && is_there) {
    errors.push_back({std::move(path), "has no meaning for " + type + "; remove it"});
  }
}

void validate_triggers(const AutoscalingSpec& spec, Errors& errors) {
  std::set<ScalingTriggerType> types;
  for (std::size_t i = 0; i < spec.triggers.size(); ++i) {
    const ScalingTriggerSpec& trigger = spec.triggers[i];
    const std::string path = indexed("triggers", i);
    if (!types.insert(trigger.type).second) {
      errors.push_back({path + ".type", "stands twice in this list"});
    }
    validate_part(trigger, is_utilization(trigger.type), trigger.utilization_percent.has_value(),
                  path + ".utilizationPercent", errors);
    validate_part(trigger, trigger.type == ScalingTriggerType::kQueueDepth,
                  trigger.waiting_per_replica.has_value(), path + ".waitingPerReplica", errors);
    validate_part(trigger, is_latency(trigger.type), trigger.threshold.has_value(),
                  path + ".threshold", errors);
    if (!is_latency(trigger.type)) {
      validate_part(trigger, false, trigger.sustained.has_value(), path + ".sustained", errors);
    }
  }
}

void validate_nodes(const NodeCapacitySpec& spec, Errors& errors) {
  const std::string path = "spec.autoscaling.nodes";
  const bool scales = spec.provider == NodeProvider::kScale;
  if (scales != spec.scale.has_value()) {
    errors.push_back({path + ".scale", scales ? "must name the node pool: provider is Scale"
                                              : "belongs to provider Scale; remove it"});
  }
  if (spec.limits.usd_per_hour && !spec.gpu_usd_per_hour) {
    errors.push_back({path + ".limits.usdPerHour", "needs gpuUsdPerHour: what one GPU costs"});
  }
  if (spec.spot && scales) {
    errors.push_back(
        {path + ".spot", "has no meaning for provider Scale: a pool's nodes are of one kind"});
  }
}

}  // namespace

void validate_autoscaling(const AutoscalingSpec& spec, Errors& errors) {
  if (spec.max_replicas < spec.min_replicas) {
    errors.push_back({"spec.autoscaling.maxReplicas", "must not be smaller than minReplicas (" +
                                                          std::to_string(spec.min_replicas) + ")"});
  }
  if (spec.reactive.panic_window.value_or(std::chrono::milliseconds(0)) >
      spec.reactive.stable_window) {
    errors.push_back({"spec.autoscaling.reactive.panicWindow",
                      "must not be longer than stableWindow (" +
                          json::format_duration(spec.reactive.stable_window) + ")"});
  }
  if (spec.nodes) {
    validate_nodes(*spec.nodes, errors);
  }
  validate_schedules(spec, errors);
  validate_triggers(spec, errors);
  if (spec.predictive.budget_usd_per_hour && !spec.replica_usd_per_hour) {
    errors.push_back({"spec.autoscaling.predictive.budgetUsdPerHour",
                      "needs replicaUsdPerHour: what one replica costs"});
  }
}

}  // namespace penstock::api
