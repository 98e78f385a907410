#include "operator/controllers/target_template.h"

#include <utility>

namespace penstock::controllers {

using kube::ApiResult;
using reconcile::Policy;

// The template of a watched workload is read when that has changed, another one's once in a while.
ApiResult<void> TargetTemplateReader::read(const Policy& policy,
                                           std::optional<TargetTemplate>& known) {
  const api::ScaleTargetSpec& target = policy.parsed.autoscaling->target;
  std::string version;
  if (target.api_version == "apps/v1" && target.kind == "Deployment") {
    if (const auto found = stores_.deployments.find(policy.meta.ns, target.name)) {
      version = std::to_string(found->meta.generation) + "/" + found->meta.uid;
    }
  }
  const bool fresh = known && known->version == version &&
                     (!version.empty() || clock_.now() < known->read + kFresh);
  if (fresh) {
    return {};
  }
  const auto type = discovery_.kind(target.api_version, target.kind);
  if (!type) {
    return std::unexpected(type.error());
  }
  if (!*type) {
    return std::unexpected(
        kube::ApiError{.message = target.api_version + " " + target.kind + " is not served"});
  }
  const auto object = client_.get((*type)->type().object(policy.meta.ns, target.name));
  if (!object) {
    return std::unexpected(object.error());
  }
  const json::Value& spec = kube::member(*object, "spec");
  capacity::PodShape shape = capacity::shape_of(kube::member(spec, "template"));
  if (shape.gpus == 0) {
    const auto claims = claimed_.asked_by(policy.meta.ns, shape.pod_spec);
    if (!claims) {
      return std::unexpected(claims.error());
    }
    capacity::take_claims(*claims, shape);
  }
  known = TargetTemplate{
      .version = std::move(version), .read = clock_.now(), .spec = spec, .shape = std::move(shape)};
  return {};
}

}  // namespace penstock::controllers
