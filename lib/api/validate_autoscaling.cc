#include <string>

#include "lib/api/validate.h"
#include "lib/json/scalars.h"

namespace penstock::api {
namespace {

using Errors = std::vector<json::FieldError>;

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
  if (spec.reactive.panic_window > spec.reactive.stable_window) {
    errors.push_back({"spec.autoscaling.reactive.panicWindow",
                      "must not be longer than stableWindow (" +
                          json::format_duration(spec.reactive.stable_window) + ")"});
  }
  if (spec.nodes) {
    validate_nodes(*spec.nodes, errors);
  }
}

}  // namespace penstock::api
