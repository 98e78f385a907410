#include "operator/webhook/pod_patch.h"

#include <algorithm>
#include <string>

#include "lib/api/pod_annotations.h"
#include "lib/api/selects.h"
#include "operator/kube/object_meta.h"
#include "operator/webhook/client_environment.h"
#include "operator/webhook/patch.h"
#include "operator/webhook/pod_quality.h"
#include "operator/webhook/port_move.h"
#include "operator/webhook/port_pointers.h"

namespace penstock::webhook {
namespace {

using api::InjectionStatus;
using json::Value;
using kube::member;

constexpr std::int64_t kGraceDefault = 30;  // the API's own

bool has_sidecar(const Value& spec) {
  return std::ranges::any_of(kube::list_of(spec, "initContainers"), [](const Value& container) {
    return kube::text_of(container, "name") == kSidecarName;
  });
}

// Those that the pod has not got yet.
void add_pull_secrets(const Value& spec, const InjectionStatus& injection, Patch& patch) {
  if (!injection.pull_secrets.empty() && !spec.contains("imagePullSecrets")) {
    patch.add("/spec/imagePullSecrets", Value::array());
  }
  const Value& present = kube::list_of(spec, "imagePullSecrets");
  for (const api::NameRef& secret : injection.pull_secrets) {
    const bool has = std::ranges::any_of(
        present, [&secret](const Value& one) { return kube::text_of(one, "name") == secret.name; });
    if (!has) {
      patch.add("/spec/imagePullSecrets/-", {{"name", secret.name}});
    }
  }
}

// Ours, which nobody else may say; which container kubectl means by default is the user's choice.
void add_annotations(const Value& metadata, const InjectionStatus& injection, Patch& patch) {
  if (!metadata.contains("annotations")) {
    patch.add("/metadata/annotations", Value::object());
  }
  const Value& present = member(metadata, "annotations");
  for (const auto& [name, value] : injection.annotations) {
    if (name != "kubectl.kubernetes.io/default-container" || !present.contains(name)) {
      patch.add("/metadata/annotations/" + escaped_segment(name), value);
    }
  }
}

// What our containers ask for follows the pod's class. Where the pod has resources as a whole, its
// class is theirs, and the sum of its containers' may not exceed them: ours live on what is there.
void set_resources(const Value& spec, const InjectionStatus& injection, Value& sidecar,
                   Value& redirect) {
  if (has_resources_as_a_whole(spec)) {
    sidecar.erase("resources");
    if (!redirect.is_null()) {
      redirect.erase("resources");
    }
  } else if (!injection.guaranteed_resources.is_null() && is_guaranteed(spec)) {
    sidecar["resources"] = injection.guaranteed_resources;
    if (redirect.contains("resources")) {
      Value& resources = redirect["resources"];
      resources["limits"]["cpu"] = resources["requests"]["cpu"];
    }
  }
}

std::int64_t own_grace(const Value& spec) {
  const Value& grace = member(spec, "terminationGracePeriodSeconds");
  return grace.is_number_integer() ? grace.get<std::int64_t>() : kGraceDefault;
}

// Streams may go on for as long as the pod may, where that is longer than the policy asks for.
void set_drain(std::int64_t grace, Value& sidecar) {
  if (!sidecar.contains("args")) {
    return;
  }
  Value& args = sidecar["args"];
  const auto flag = std::ranges::find(args, "--drain-grace");
  if (flag != args.end() && flag + 1 != args.end()) {
    *(flag + 1) = std::to_string(api::drain_seconds(grace)) + "s";
  }
}

// The sidecar, first of the init containers: before everything else of the pod.
void add_sidecar(const Value& pod, const InjectionStatus& injection, Patch& patch) {
  const Value& spec = member(pod, "spec");
  if (!spec.contains("initContainers")) {
    patch.add("/spec/initContainers", Value::array());
  }
  Value sidecar = injection.container;
  Value redirect = injection.redirect;
  set_resources(spec, injection, sidecar, redirect);
  const std::int64_t grace = own_grace(spec);
  if (grace > injection.grace) {
    set_drain(grace, sidecar);
  }
  patch.add("/spec/initContainers/0", std::move(sidecar));
  if (!redirect.is_null()) {
    patch.add("/spec/initContainers/1", std::move(redirect));
  }
  if (!spec.contains("volumes")) {
    patch.add("/spec/volumes", Value::array());
  }
  for (const Value& volume : injection.volumes) {
    patch.add("/spec/volumes/-", volume);
  }
  add_pull_secrets(spec, injection, patch);
  add_annotations(member(pod, "metadata"), injection, patch);
  if (grace < injection.grace) {
    patch.add("/spec/terminationGracePeriodSeconds", injection.grace);
  }
}

// The engine waits for the sidecar's drain, unless it has a hook of its own.
void add_pre_stop(const Value& pod, std::size_t engine, const Value& hook, Patch& patch) {
  const Value& container = member(pod, "spec")["containers"][engine];
  const std::string at = "/spec/containers/" + std::to_string(engine) + "/lifecycle";
  if (!container.contains("lifecycle")) {
    patch.add(at, Value::object());
  } else if (member(container, "lifecycle").contains("preStop")) {
    return;
  }
  patch.add(at + "/preStop", hook);
}

}  // namespace

bool concerns(const InjectionStatus& injection, const Value& pod) {
  const Value& metadata = member(pod, "metadata");
  const Value& spec = member(pod, "spec");
  const auto annotations = kube::texts_of(metadata, "annotations");
  const auto wish = annotations.find(api::pod_annotation::kInject);
  if ((wish != annotations.end() && wish->second == "false") ||
      annotations.contains(api::pod_annotation::kMirror) || kube::flag_of(spec, "hostNetwork") ||
      has_sidecar(spec)) {
    return false;
  }
  const api::Labels labels = kube::texts_of(metadata, "labels");
  return api::selects(injection.selector, labels) &&
         std::ranges::none_of(injection.yields, [&labels](const api::LabelSelector& older) {
           return api::selects(older, labels);
         });
}

Value pod_patch(const Value& pod, const InjectionStatus& injection) {
  // All or nothing: a sidecar on the port of an engine that cannot leave it would keep that from
  // starting.
  const Value nothing = Value::array();
  Patch patch;
  add_sidecar(pod, injection, patch);
  const api::PortSwapStatus swap = injection.port_swap.value_or(api::PortSwapStatus{});
  const std::string& name = swap.container.empty() ? injection.engine_container : swap.container;
  const std::optional<std::size_t> engine = find_engine(pod, swap, name);
  if (injection.port_swap && !(engine && move_port(pod, *engine, swap, patch))) {
    return nothing;
  }
  if (engine) {
    if (injection.probe_move) {
      move_pointers(member(pod, "spec")["containers"][*engine],
                    "/spec/containers/" + std::to_string(*engine), injection.probe_move->from,
                    injection.probe_move->to, patch);
    }
    if (!injection.engine_pre_stop.is_null()) {
      add_pre_stop(pod, *engine, injection.engine_pre_stop, patch);
    }
  }
  const std::size_t ours = injection.redirect.is_null() ? 1 : 2;
  if (injection.environment && !set_environment(pod, *injection.environment, ours, patch)) {
    return nothing;
  }
  return patch.take();
}

}  // namespace penstock::webhook
