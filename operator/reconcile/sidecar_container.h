#pragma once

#include <string>

#include "lib/api/policy_status.h"
#include "operator/reconcile/delivery_documents.h"
#include "operator/reconcile/interception.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// The ConfigMap that holds a policy's delivery.
std::string config_map_name(const std::string& policy);

// Everything that admission puts into a pod of this policy: the sidecar as a native sidecar (an
// init container that is restarted), its volumes, the drain, the port move. Only fields that the
// oldest supported Kubernetes (1.29) knows: admission copies it unread, and one wrong field would
// stop every selected pod.
api::InjectionStatus injection_of(const Policy& policy, const Interception& interception,
                                  const Delivery& delivery, const Settings& settings);

}  // namespace penstock::reconcile
