#pragma once

#include <map>
#include <string>

#include "lib/json/text.h"
#include "operator/kube/object_meta.h"

// The objects that stand for replicas to come. Each is owned by its policy, so that it goes with
// it.
namespace penstock::capacity {

// On a pod that only keeps room.
inline constexpr const char* kHeadroomLabel = "penstock.dev/headroom";

// Which nodes: labels that they must have, or must not have all of.
struct NodeChoice {
  std::map<std::string, std::string> wanted;
  std::map<std::string, std::string> avoided;
};

struct Placeholder {
  kube::ObjectMeta policy;
  std::string suffix;    // of its objects' names: "headroom", "headroom-spot"
  json::Value pod_spec;  // of the target's template
  json::Value sidecar;   // what is injected beside it; null: nothing
  NodeChoice nodes;
  std::string image;           // of a container that does nothing
  std::string priority_class;  // empty: that of any pod

  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::string label() const;  // the value of kHeadroomLabel
};

// The pod that stands for one replica: the target's requests, with GPUs as requests and as limits
// (nobody fills in the one for the other where no pod is made of it), and all that says where it
// may run. Nothing of what it does.
json::Value headroom_pod(const Placeholder& placeholder);

json::Value pod_template(const Placeholder& placeholder);
// `api_version`: as it is served.
json::Value capacity_buffer(const Placeholder& placeholder, const std::string& api_version,
                            int replicas);
json::Value placeholder_deployment(const Placeholder& placeholder, int replicas);

}  // namespace penstock::capacity
