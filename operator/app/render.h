#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operator/reconcile/world.h"

namespace penstock::control {

// `penstock-operator render`: what the policies in these files would inject and deliver, as YAML on
// standard output, without a cluster. Files may hold policies, tiers, tables, Deployments,
// StatefulSets, Pods, Services and Namespaces; what else there is in them is left out. Errors go to
// standard error, each with its place. The exit code: 0 when every policy can be delivered and
// injected.
int render(const std::vector<std::string>& paths, const reconcile::Settings& settings);

}  // namespace penstock::control
