#include "operator/simulate/policy_file.h"

#include <algorithm>
#include <string>

#include "lib/api/resources.h"

namespace penstock::simulate {

Result<autoscale::ScalerSettings> read_policy_file(std::string_view text,
                                                   const autoscale::ZoneOf& zone_of) {
  api::Resources resources;
  api::add_text(resources, "policy.yaml", text, json::Strictness::kStrict);
  if (!resources.errors.empty()) {
    std::string detail;
    for (const api::ResourceError& error : resources.errors) {
      detail.append(detail.empty() ? "" : "; ").append(to_string(error));
    }
    return fail(ErrorCode::kInvalidConfig, std::move(detail));
  }
  const auto policy = std::ranges::find_if(
      resources.policies, [](const auto& object) { return object.spec.autoscaling.has_value(); });
  if (policy == resources.policies.end()) {
    return fail(ErrorCode::kInvalidConfig, "holds no OptimizationPolicy with spec.autoscaling");
  }
  const api::AutoscalingSpec& spec = *policy->spec.autoscaling;
  if (const auto errors = autoscale::zone_errors(spec, zone_of); !errors.empty()) {
    return fail(ErrorCode::kInvalidConfig, errors.front());
  }
  autoscale::ScalerSettings settings = autoscale::settings_of(spec, zone_of);
  // What it would do is asked, whatever it is allowed to.
  settings.decisions.mode = autoscale::Mode::kEnforce;
  return settings;
}

}  // namespace penstock::simulate
