#pragma once

#include <string>

#include "operator/app/options.h"

namespace penstock::control {

// `explain NS/NAME`: why a policy's target has as many replicas as it has. From the policy's status
// in the cluster; or, from a file of decisions, the newest one with all that it was made of.
struct ExplainOptions {
  std::string policy;     // "namespace/name"
  std::string decisions;  // empty: the cluster is asked
  RunOptions cluster;     // how it is reached
};

// The exit code: 1 where there is nothing to explain.
int explain_policy(const ExplainOptions& options);

}  // namespace penstock::control
