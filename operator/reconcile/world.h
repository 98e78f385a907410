#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/optimization_policy.h"
#include "lib/api/policy_binding.h"
#include "lib/api/policy_status.h"
#include "lib/json/text.h"
#include "operator/kube/object_meta.h"
#include "operator/reconcile/config_content.h"
#include "operator/reconcile/pod_template.h"

// What a decision looks at: plain values, gathered by controllers, of which only what is read here
// is kept.
namespace penstock::reconcile {

template <class T>
using Ptr = std::shared_ptr<const T>;

// One of Penstock's three kinds as the API server has it.
struct Document {
  kube::ObjectMeta meta;
  json::Value spec;
  json::Value status;               // null where nobody has written one
  std::vector<std::string> errors;  // "path message", of this document by itself
};

struct Policy : Document {
  api::OptimizationPolicySpec parsed;  // REQUIRES: no errors
  // What it takes, as its status had it when this was read: what admission goes by, which may be
  // older than what the policy says now; before there is any, what it says. Nothing: it was never
  // good.
  std::optional<api::LabelSelector> active;
  bool takes_no_pods = false;  // all the same, since it would have to yield to too many
};

struct Workload {
  kube::ObjectMeta meta;
  std::string kind;           // "Deployment", "StatefulSet", "Pod", or what made the pods it is of
  std::int64_t replicas = 1;  // that are asked for
  PodTemplate pods;
  std::vector<kube::FieldOwner> replica_owners;  // who says how many
  // A new template reaches all of its pods by itself; not where it is paused, replaces none but
  // deleted pods (OnDelete), or holds some back (a partition).
  bool rolls_out = true;
};

struct Pod {
  kube::ObjectMeta meta;
  std::string owner_kind;  // of its controller; empty: it has none
  std::string owner_name;
  std::string ip;
  std::string injected_by;    // the policy whose sidecar it carries; empty: none
  std::string injected_hash;  // of the injection it was made with
  std::string delivered;      // the hash annotation: which ConfigMap the kubelet was told of
  bool has_sidecar = false;
  bool opted_out = false;
  std::int64_t sidecar_port = 0;  // where its sidecar takes requests; 0: it is a client's
  std::int64_t status_port = 0;   // where its sidecar is asked; 0: it does not say
  std::int64_t engine_port = 0;   // where its engine went
  // Of a sidecar from before pods said who made them, which obeys what it is delivered over its own
  // flags: where these lead calls.
  std::optional<api::PassThrough> unheeded;
  bool engine_has_pre_stop = false;  // of its own, so that the engine does not wait for the drain
  bool ready = false;
  std::string ready_since;  // RFC 3339, UTC
  std::string
      sidecar_failure;     // why its sidecar does not start: "OOMKilled"; empty: nothing is known
  bool finished = false;   // Succeeded or Failed
  bool let_alone = false;  // by admission: it is of the host's network, or a static pod's copy
  std::string node;        // it is bound to; empty: it waits for one
  // What all its containers ask for together, in cores and bytes; 0: one of them does not say.
  double cpu_request = 0;
  double memory_request = 0;
  std::string deletion_cost;                    // its annotation; empty: none
  std::string own_deletion_cost;                // what the operator has set it to
  std::map<std::string, std::int64_t> devices;  // that it asks for: "nvidia.com/gpu"
  // What it is, without its labels; pods that are alike have one. Nothing where a Deployment or
  // StatefulSet tells that, and where it is no longer what its owner said: it carries the sidecar.
  Ptr<PodTemplate> shape;
};

// A pod that is to be evicted so that its owner makes it anew, or was.
struct Eviction {
  std::string pod;
  std::string uid;
  std::string workload;            // "deployment/chat"
  std::int64_t ready = 0;          // pods of that, once another is in its place
  std::string injection;           // the hash of what it is made anew with
  std::vector<std::string> known;  // uids of that workload's pods, before it
  bool was_ready = true;           // the pod itself
};

struct ServicePort {
  std::string target_name;  // empty: by number
  std::int64_t target_number = 0;
  std::string name;  // empty: the only one
  std::int64_t number = 0;
  std::string protocol = "TCP";
};

struct Service {
  kube::ObjectMeta meta;
  std::map<std::string, std::string> selector;
  std::vector<ServicePort> ports;
  std::string cluster_ip;  // "None": headless; empty: it has none, or none yet
};

// Where a Service leads: which ports of which pods.
struct EndpointSlice {
  kube::ObjectMeta meta;
  std::string service;
  std::vector<std::int64_t> ports;
  std::vector<std::string> pods;
  std::vector<std::string> addresses;  // of all its endpoints
  bool ready = false;                  // one of them is
};

// What a sidecar said of itself, when it was last asked.
struct SidecarReport {
  bool reachable = false;
  std::string hash;            // of the policy it runs
  std::string version;         // its release
  bool refuses = false;        // the newest version of the policy
  std::optional<bool> proven;  // that it is what listens on its pod's port; nothing: no answer
};

// Where every injected sidecar's admin listener is, on loopback.
inline constexpr std::uint16_t kAdminPort = 15'821;

// What the operator was started with.
struct Settings {
  std::string version;                 // the operator's release
  std::string ns = "penstock-system";  // the operator's
  std::string sidecar_image = "penstock-sidecar:0.1.0";
  std::string image_pull_policy = "IfNotPresent";
  std::vector<std::string> image_pull_secrets;  // of each pod's own namespace
  std::string cpu_request = "100m";
  std::string memory_request = "96Mi";  // beside caches and collected bodies
  bool placeholders = true;             // pods that keep room may be made
  std::string placeholder_image = "registry.k8s.io/pause:3.10";  // does nothing, and keeps room
  std::string placeholder_priority_class = "penstock-operator-placeholder";
  std::vector<std::string> excluded_namespaces;  // whose pods admission leaves alone
  std::uint16_t status_port = 15820;
  std::uint16_t bind_port = 15801;  // NamedPort: where the sidecar listens
};

// What the autoscaler says of a policy.
struct AutoscalingNote {
  struct Stated {
    std::string type;
    api::ConditionStatus status = api::ConditionStatus::kUnknown;
    std::string reason;
    std::string message;
    bool operator==(const Stated&) const = default;
  };

  api::AutoscalingStatus status;
  std::vector<Stated> conditions;
  bool over = false;  // it is scaled no more; this tells only of what could not be taken back
  bool operator==(const AutoscalingNote&) const = default;
};

// Everything of one policy's namespace that its decision depends on.
struct World {
  Ptr<Policy> policy;
  std::vector<Ptr<Policy>> others;  // the namespace's other policies
  std::vector<Ptr<Document>> tiers;
  std::vector<Ptr<Document>> tables;
  std::vector<Ptr<Workload>> workloads;  // that the policy selects, or did when it was last good
  std::vector<Ptr<Workload>> left_over;  // others, of whose pods some carry the policy's sidecar
  std::vector<Ptr<Pod>> pods;
  std::vector<Ptr<Service>> services;
  std::vector<Ptr<EndpointSlice>> slices;
  std::map<std::string, SidecarReport> reports;  // by "namespace/name" of the pod
  std::optional<AutoscalingNote> autoscaling;    // nothing: it has not looked yet, or need not
  std::string config_hash;                       // of what its ConfigMap holds; empty: not known
  bool config_lost = false;                      // no ConfigMap holds what was written for it
  Ptr<DeliveredConfig> last_delivered;           // what that was; nullptr: nobody knows any more
  std::optional<ListenerKind> listener;          // of what was written; nothing: it does not say
  std::optional<Eviction> last_eviction;         // for this policy; nothing: none is known
  std::vector<std::string> held_by_budget;       // pods that were not evicted when last asked for
  std::string undelivered;                       // why its ConfigMap was refused; empty: it was not
  std::string pod_security;                      // what the namespace enforces; empty: not known
  std::string now;                               // RFC 3339, UTC
  // Pods that were ready by then are judged by their traffic (seconds, as they state them, so the
  // bound is part of it); later ones may not be known yet to whoever leads traffic to them.
  std::string judged_until;
  std::string eviction_failure;  // why, but for budgets, none was evicted when last asked for
  std::string untold;            // which pods' annotations were refused, and why; empty: none
};

}  // namespace penstock::reconcile
