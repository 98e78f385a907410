#pragma once

// The annotations of pods that the operator writes or goes by.
namespace penstock::api::pod_annotation {

// Users' wish for no sidecar: "false".
inline constexpr const char* kInject = "penstock.dev/inject";

// Of the copies of static pods, which the API server does not let anybody change.
inline constexpr const char* kMirror = "kubernetes.io/config.mirror";

// At injection: whose sidecar it is, the hash of what it was made with, which release of the
// operator made it (none before 0.1.0 says it), and which port of the engine went where.
inline constexpr const char* kPolicy = "penstock.dev/policy";
inline constexpr const char* kInjection = "penstock.dev/injection";
inline constexpr const char* kMadeBy = "penstock.dev/version";
inline constexpr const char* kPortSwap = "penstock.dev/port-swap";

// Of running pods, so that their kubelets look at the policy's ConfigMap: the hash of what it
// holds, and when they were told of it once more.
inline constexpr const char* kDelivered = "penstock.dev/delivered";
inline constexpr const char* kReminded = "penstock.dev/reminded";

// Who goes first when a ReplicaSet shrinks, and what of that is the operator's.
inline constexpr const char* kDeletionCost = "controller.kubernetes.io/pod-deletion-cost";
inline constexpr const char* kOwnDeletionCost = "penstock.dev/deletion-cost";

}  // namespace penstock::api::pod_annotation
