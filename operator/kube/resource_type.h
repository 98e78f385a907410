#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Names and paths of the API's resources.
namespace penstock::kube {

struct ResourceType {
  std::string_view group;  // "" for the core
  std::string_view version;
  std::string_view plural;
  std::string_view kind;

  [[nodiscard]] std::string api_version() const;  // "penstock.dev/v1alpha1", "v1"
  // "/apis/GROUP/VERSION/namespaces/NS/PLURAL"; of all namespaces where `ns` is empty.
  [[nodiscard]] std::string collection(std::string_view ns) const;
  // The path of one object; of a subresource where `part` is given ("status").
  [[nodiscard]] std::string object(std::string_view ns, std::string_view name,
                                   std::string_view part = {}) const;
};

inline constexpr ResourceType kPolicies{"penstock.dev", "v1alpha1", "optimizationpolicies",
                                        "OptimizationPolicy"};
inline constexpr ResourceType kTiers{"penstock.dev", "v1alpha1", "cachetiers", "CacheTier"};
inline constexpr ResourceType kTables{"penstock.dev", "v1alpha1", "routingtables", "RoutingTable"};
inline constexpr ResourceType kNamespaces{"", "v1", "namespaces", "Namespace"};
inline constexpr ResourceType kPods{"", "v1", "pods", "Pod"};
inline constexpr ResourceType kNodes{"", "v1", "nodes", "Node"};
inline constexpr ResourceType kServices{"", "v1", "services", "Service"};
inline constexpr ResourceType kEndpointSlices{"discovery.k8s.io", "v1", "endpointslices",
                                              "EndpointSlice"};
inline constexpr ResourceType kConfigMaps{"", "v1", "configmaps", "ConfigMap"};
inline constexpr ResourceType kPodTemplates{"", "v1", "podtemplates", "PodTemplate"};
inline constexpr ResourceType kSecrets{"", "v1", "secrets", "Secret"};
inline constexpr ResourceType kDeployments{"apps", "v1", "deployments", "Deployment"};
inline constexpr ResourceType kStatefulSets{"apps", "v1", "statefulsets", "StatefulSet"};
inline constexpr ResourceType kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};
inline constexpr ResourceType kPodAutoscalers{"autoscaling", "v2", "horizontalpodautoscalers",
                                              "HorizontalPodAutoscaler"};
inline constexpr ResourceType kMutatingWebhooks{"admissionregistration.k8s.io", "v1",
                                                "mutatingwebhookconfigurations",
                                                "MutatingWebhookConfiguration"};
inline constexpr ResourceType kEvents{"events.k8s.io", "v1", "events", "Event"};

// `text` as it may stand in a path segment or query value.
std::string escaped(std::string_view text);

}  // namespace penstock::kube
