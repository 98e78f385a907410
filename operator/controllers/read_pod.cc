#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "lib/api/pod_annotations.h"
#include "operator/capacity/pod_shape.h"
#include "operator/controllers/readers.h"
#include "operator/kube/quantity.h"

namespace penstock::controllers {
namespace {

using json::Value;
using kube::flag_of;
using kube::list_of;
using kube::member;
using kube::number_of;
using kube::strings_of;
using kube::text_of;
using kube::texts_of;

constexpr const char* kSidecar = "penstock-sidecar";
constexpr const char* kRedirect = "penstock-redirect";
constexpr const char* kStatusPort = "penstock-status";

// What all containers that run beside each other ask for of a resource. 0: one of them does not
// say.
double requested(const Value& spec, const char* resource) {
  double sum = 0;
  bool complete = true;
  const auto add = [&](const Value& container) {
    const Value& requests = member(member(container, "resources"), "requests");
    const auto amount = kube::quantity_of(text_of(requests, resource));
    complete = complete && amount.has_value();
    sum += amount.value_or(0);
  };
  std::ranges::for_each(list_of(spec, "containers"), add);
  for (const Value& container : list_of(spec, "initContainers")) {
    if (text_of(container, "restartPolicy") == "Always") {
      add(container);
    }
  }
  return complete ? sum : 0;
}

void read_readiness(const Value& status, reconcile::Pod& pod) {
  for (const Value& condition : list_of(status, "conditions")) {
    if (text_of(condition, "type") == "Ready" && text_of(condition, "status") == "True") {
      pod.ready = true;
      pod.ready_since = text_of(condition, "lastTransitionTime");
    }
  }
}

// Of a container that does not come up: why it ended, once it did so before, else what it waits
// for.
std::string failure_of(const Value& container) {
  const Value& state = member(container, "state");
  // Once it has started, it is its readiness that others judge.
  if (flag_of(container, "ready") || flag_of(container, "started")) {
    return {};
  }
  if (number_of(container, "restartCount") > 0) {
    const Value& ended = member(state, "terminated");
    return text_of(ended.is_null() ? member(member(container, "lastState"), "terminated") : ended,
                   "reason");
  }
  const std::string waits = text_of(member(state, "waiting"), "reason");
  // As every pod does for a moment.
  if (waits == "PodInitializing" || waits == "ContainerCreating") {
    return {};
  }
  return waits == "ErrImagePull" ? "ImagePullBackOff" : waits;  // the two take turns
}

// The ports of a sidecar in front of an engine: beside its own status it has the engine's, and its
// arguments say where that went. A client's sidecar has none.
void read_sidecar(const Value& container, bool heeds_flags, reconcile::Pod& pod) {
  pod.has_sidecar = true;
  for (const Value& port : list_of(container, "ports")) {
    const bool is_status = text_of(port, "name") == kStatusPort;
    (is_status ? pod.status_port : pod.sidecar_port) = number_of(port, "containerPort");
  }
  const std::vector<std::string> args = strings_of(container, "args");
  const auto value_of = [&args](const char* flag) {
    const auto found = std::ranges::find(args, flag);
    return found == args.end() || found + 1 == args.end() ? std::string() : *(found + 1);
  };
  const std::string port = value_of("--engine-port");
  std::from_chars(port.data(), port.data() + port.size(), pod.engine_port);
  const std::string openai = value_of("--openai-url");
  if (heeds_flags) {
    return;
  }
  if (pod.engine_port > 0 && pod.engine_port <= 65'535) {
    pod.unheeded.emplace().engine_port = static_cast<std::uint16_t>(pod.engine_port);
  } else if (!openai.empty()) {
    pod.unheeded.emplace().providers = {.openai = openai, .anthropic = value_of("--anthropic-url")};
  }
}

// Ours stands right behind the sidecar, is made of the same image, and is there only where the
// sidecar has not got the engine's port. A name alone tells of nothing: theirs may be called so,
// too.
bool is_our_redirect(const Value& container, const Value& before, const reconcile::Pod& pod) {
  return text_of(container, "name") == kRedirect && text_of(before, "name") == kSidecar &&
         text_of(container, "image") == text_of(before, "image") && pod.sidecar_port == 0;
}

// Admission gives the engine a hook that waits, unless it has one of its own.
bool any_waits_for_drain(const Value& spec) {
  return std::ranges::any_of(list_of(spec, "containers"), [](const Value& container) {
    const Value& hook = member(member(container, "lifecycle"), "preStop");
    return text_of(member(hook, "httpGet"), "path") == "/drained";
  });
}

}  // namespace

reconcile::Pod read_pod(const Value& object) {
  const Value& metadata = member(object, "metadata");
  const Value& spec = member(object, "spec");
  const Value& status = member(object, "status");
  const auto annotations = texts_of(metadata, "annotations");
  const auto annotation = [&annotations](const char* name) {
    const auto found = annotations.find(name);
    return found == annotations.end() ? std::string() : found->second;
  };
  reconcile::Pod pod{.meta = kube::read_meta(object),
                     .ip = text_of(status, "podIP"),
                     .injected_by = annotation(api::pod_annotation::kPolicy),
                     .injected_hash = annotation(api::pod_annotation::kInjection),
                     .delivered = annotation(api::pod_annotation::kDelivered),
                     .opted_out = annotation(api::pod_annotation::kInject) == "false",
                     .let_alone = flag_of(spec, "hostNetwork") ||
                                  annotations.contains(api::pod_annotation::kMirror),
                     .node = text_of(spec, "nodeName"),
                     .cpu_request = requested(spec, "cpu"),
                     .memory_request = requested(spec, "memory"),
                     .deletion_cost = annotation(api::pod_annotation::kDeletionCost),
                     .own_deletion_cost = annotation(api::pod_annotation::kOwnDeletionCost),
                     .devices = capacity::devices_of(spec)};
  const std::string phase = text_of(status, "phase");
  pod.finished = phase == "Succeeded" || phase == "Failed";
  for (const Value& owner : list_of(metadata, "ownerReferences")) {
    if (flag_of(owner, "controller")) {
      pod.owner_kind = text_of(owner, "kind");
      pod.owner_name = text_of(owner, "name");
    }
  }
  const Value* before = nullptr;
  for (const Value& container : list_of(spec, "initContainers")) {
    if (text_of(container, "name") == kSidecar) {
      read_sidecar(container, annotations.contains(api::pod_annotation::kMadeBy), pod);
    } else if (before != nullptr && is_our_redirect(container, *before, pod)) {
      // Whoever comes to the engine's port is led to the sidecar: there is no way past.
      pod.sidecar_port = std::exchange(pod.engine_port, 0);
    }
    before = &container;
  }
  pod.engine_has_pre_stop = pod.sidecar_port > 0 && !any_waits_for_drain(spec);
  read_readiness(status, pod);
  for (const Value& container : list_of(status, "initContainerStatuses")) {
    if (text_of(container, "name") == kSidecar) {
      pod.sidecar_failure = failure_of(container);
    }
  }
  return pod;
}

}  // namespace penstock::controllers
