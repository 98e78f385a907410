#pragma once

#include <string>

#include "lib/result/result.h"
#include "operator/app/options.h"
#include "operator/kube/cluster_config.h"

// What the process finds around it.
namespace penstock::control {

// By the given kubeconfig, or as a pod of the cluster.
Result<kube::ClusterConfig> cluster_config(const RunOptions& options);

// A pod's name is its host's.
std::string host_name();

}  // namespace penstock::control
