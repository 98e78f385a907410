#include "operator/reconcile/status_of.h"

#include "lib/json/read.h"

namespace penstock::reconcile {

api::OptimizationPolicyStatus status_of(const Policy& policy) {
  api::OptimizationPolicyStatus status;
  if (policy.status.is_object()) {
    json::Reader reader(json::Strictness::kTolerant);
    json::read(reader, policy.status, status);
  }
  return status;
}

}  // namespace penstock::reconcile
