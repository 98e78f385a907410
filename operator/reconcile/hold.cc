#include "operator/reconcile/hold.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/api/pod_annotations.h"
#include "lib/json/scalars.h"
#include "lib/resolve/hash.h"

namespace penstock::reconcile {
namespace {

using json::Value;

constexpr std::int64_t kUser = 15801;
// What a body that waits may take beside the budget of large ones, which sidecars have of their
// own.
constexpr std::uint64_t kBodyBytes = std::uint64_t{64} << 10;
constexpr std::uint64_t kBudgetBytes = std::uint64_t{256} << 20;
// Endpoints are forgotten by every node's proxy within this; requests still come until then.
constexpr std::chrono::seconds kLameDuck{3};
// An answer that has begun may take so long.
constexpr std::chrono::seconds kAnswer{60};

api::HoldSpec spec_of(const Policy& policy) {
  const auto& scaling = policy.parsed.autoscaling;
  return scaling && scaling->scale_to_zero ? scaling->scale_to_zero->hold : api::HoldSpec{};
}

std::chrono::seconds wait_of(const Policy& policy) {
  return std::chrono::ceil<std::chrono::seconds>(spec_of(policy).max_wait);
}

std::string text_of(std::chrono::seconds duration) {
  return std::to_string(duration.count()) + "s";
}

Value metadata(const Policy& policy) {
  const Value owner = {{"apiVersion", "penstock.dev/v1alpha1"},
                       {"kind", "OptimizationPolicy"},
                       {"name", policy.meta.name},
                       {"uid", policy.meta.uid}};
  return {{"name", hold_name(policy.meta.name)},
          {"namespace", policy.meta.ns},
          {"labels",
           {{"app.kubernetes.io/name", "penstock-hold"},
            {"app.kubernetes.io/managed-by", "penstock-operator"},
            {kHoldLabel, hold_name(policy.meta.name)}}},
          {"ownerReferences", Value::array({owner})}};
}

// By its label an object is known to be as it should be.
Value hashed(Value object) {
  object["metadata"]["labels"][kHoldHashLabel] =
      resolve::content_hash({object.dump()}).substr(0, 16);
  return object;
}

bool is_selected(const Service& service, const std::map<std::string, std::string>& labels) {
  return !service.selector.empty() &&
         std::ranges::all_of(service.selector, [&](const auto& wanted) {
           const auto found = labels.find(wanted.first);
           return found != labels.end() && found->second == wanted.second;
         });
}

HeldService none(std::string reason, std::string message) {
  return {.reason = std::move(reason), .message = std::move(message)};
}

HeldService port_of(Ptr<Service> service, const std::optional<std::string>& wanted) {
  std::vector<ServicePort> ports;
  std::ranges::copy_if(service->ports, std::back_inserter(ports), [&](const ServicePort& port) {
    return port.protocol == "TCP" && (!wanted || port.name == *wanted);
  });
  const std::string name = "Service " + service->meta.name;
  if (service->selector.empty()) {
    return none("ServiceWithoutSelector",
                name +
                    " has no selector, so nobody knows which pods it stands for; scale to zero "
                    "needs one that selects the target's pods");
  }
  if (ports.empty()) {
    return none("PortNotFound",
                name + (wanted ? " has no port named " + *wanted : " has no TCP port"));
  }
  if (ports.size() > 1) {
    return none("PortAmbiguous", name +
                                     " has several ports; name the engine's in "
                                     "autoscaling.scaleToZero.hold.port");
  }
  if (service->cluster_ip.empty() || service->cluster_ip == "None") {
    return none("ServiceHeadless", name +
                                       " has no address of its own, so its clients come to pods "
                                       "past any stand-in; scale to zero needs a cluster IP");
  }
  return {.service = std::move(service), .port = std::move(ports.front())};
}

std::string host_of(const std::string& address) {
  return address.contains(':') ? "[" + address + "]" : address;
}

std::vector<std::string> arguments(const Policy& policy, const HeldService& held,
                                   const std::string& address, const Settings& settings) {
  return {"--upstream",      "http://" + host_of(address) + ":" + std::to_string(held.port.number),
          "--hold",          text_of(wait_of(policy)),
          "--hold-requests", std::to_string(spec_of(policy).max_requests),
          "--workers",       "1",
          "--listen",        ":" + std::to_string(settings.bind_port),
          "--status",        ":" + std::to_string(settings.status_port),
          "--admin",         "127.0.0.1:" + std::to_string(kAdminPort),
          "--drain-delay",   text_of(kLameDuck),
          "--drain-grace",   text_of(wait_of(policy) + kAnswer)};
}

Value resources(const Policy& policy, const Settings& settings) {
  const auto parsed = json::parse_quantity(settings.memory_request);
  const std::uint64_t base = parsed ? parsed->value : 0;
  const std::uint64_t most = base + kBudgetBytes + spec_of(policy).max_requests * kBodyBytes;
  return {{"requests", {{"cpu", settings.cpu_request}, {"memory", settings.memory_request}}},
          {"limits", {{"memory", json::format_quantity({most})}}}};
}

Value probe(const char* path, int period, const Settings& settings) {
  return {{"httpGet", {{"path", path}, {"port", settings.status_port}}}, {"periodSeconds", period}};
}

// As Pod Security's level "restricted" wants it.
Value container(const Policy& policy, const HeldService& held, const std::string& address,
                const Settings& settings) {
  return {{"name", "hold"},
          {"image", settings.sidecar_image},
          {"imagePullPolicy", settings.image_pull_policy},
          {"args", arguments(policy, held, address, settings)},
          {"ports",
           Value::array({{{"name", "data"}, {"containerPort", settings.bind_port}},
                         {{"name", "penstock-status"}, {"containerPort", settings.status_port}}})},
          {"resources", resources(policy, settings)},
          {"securityContext",
           {{"allowPrivilegeEscalation", false},
            {"readOnlyRootFilesystem", true},
            {"capabilities", {{"drop", Value::array({"ALL"})}}}}},
          {"readinessProbe", probe("/readyz", 1, settings)},
          {"livenessProbe", probe("/healthz", 10, settings)}};
}

}  // namespace

std::string hold_name(const std::string& policy) {
  constexpr std::size_t kLabelMax = 63;
  constexpr const char* kEnd = "-hold";
  const bool is_label =
      !policy.contains('.') && policy.size() + std::string(kEnd).size() <= kLabelMax;
  return (is_label ? policy : "penstock-" + resolve::content_hash({policy}).substr(0, 16)) + kEnd;
}

bool is_hold(const kube::ObjectMeta& meta) {
  return meta.labels.contains(kHoldLabel);
}

HeldService held_service(const Policy& policy, const std::map<std::string, std::string>* pods,
                         const std::vector<Ptr<Service>>& services) {
  const api::HoldSpec spec = spec_of(policy);
  if (policy.parsed.listener.tls) {
    return none("ListenerTls",
                "clients speak TLS (listener.tls), for which nobody but the engine's "
                "pods has the certificate");
  }
  std::vector<Ptr<Service>> found;
  for (const Ptr<Service>& service : services) {
    const bool wanted = spec.service ? service->meta.name == *spec.service
                                     : pods != nullptr && is_selected(*service, *pods);
    if (wanted && !is_hold(service->meta) && !service->meta.deleting) {
      found.push_back(service);
    }
  }
  if (found.size() == 1) {
    return port_of(found.front(), spec.port);
  }
  if (!found.empty()) {
    std::string names;
    for (const Ptr<Service>& service : found) {
      names += (names.empty() ? "" : ", ") + service->meta.name;
    }
    return none("ServiceAmbiguous", "several Services select the target's pods (" + names +
                                        "); name one in autoscaling.scaleToZero.hold.service");
  }
  return none("ServiceNotFound",
              spec.service ? "there is no Service " + *spec.service
              : pods != nullptr
                  ? "no Service selects the target's pods, so nobody could ask for the first one"
                  : "the target's pods are not known; name the Service in "
                    "autoscaling.scaleToZero.hold.service");
}

Value hold_service(const Policy& policy, const HeldService& held) {
  Value port = {{"port", held.port.number}, {"protocol", "TCP"}};
  if (held.port.target_name.empty()) {
    port["targetPort"] = held.port.target_number;
  } else {
    port["targetPort"] = held.port.target_name;
  }
  return hashed(
      {{"apiVersion", "v1"},
       {"kind", "Service"},
       {"metadata", metadata(policy)},
       {"spec", {{"selector", held.service->selector}, {"ports", Value::array({port})}}}});
}

Value hold_deployment(const Policy& policy, const HeldService& held, const std::string& address,
                      const Settings& settings) {
  const Value own = {{kHoldLabel, hold_name(policy.meta.name)}};
  const Value labels = {{kHoldLabel, hold_name(policy.meta.name)},
                        {"app.kubernetes.io/name", "penstock-hold"},
                        {"app.kubernetes.io/managed-by", "penstock-operator"}};
  Value pod = {
      {"automountServiceAccountToken", false},
      {"enableServiceLinks", false},
      {"terminationGracePeriodSeconds", (wait_of(policy) + kAnswer + 2 * kLameDuck).count()},
      {"securityContext",
       {{"runAsNonRoot", true},
        {"runAsUser", kUser},
        {"runAsGroup", kUser},
        {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
      {"containers", Value::array({container(policy, held, address, settings)})}};
  for (const std::string& secret : settings.image_pull_secrets) {
    pod["imagePullSecrets"].push_back({{"name", secret}});
  }
  return hashed(
      {{"apiVersion", "apps/v1"},
       {"kind", "Deployment"},
       {"metadata", metadata(policy)},
       {"spec",
        {{"replicas", 1},
         {"selector", {{"matchLabels", own}}},
         // The new one holds before the old one lets go.
         {"strategy",
          {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxSurge", 1}, {"maxUnavailable", 0}}}}},
         {"template",
          {{"metadata",
            {{"labels", labels}, {"annotations", {{api::pod_annotation::kInject, "false"}}}}},
           {"spec", std::move(pod)}}}}}});
}

Value hold_slice(const Policy& policy, const HeldService& held, const std::vector<HoldPod>& pods,
                 const Settings& settings) {
  Value object = metadata(policy);
  object["labels"]["kubernetes.io/service-name"] = held.service->meta.name;
  object["labels"]["endpointslice.kubernetes.io/managed-by"] = kSliceManager;
  Value endpoints = Value::array();
  for (const HoldPod& pod : pods) {
    endpoints.push_back(
        {{"addresses", Value::array({pod.ip})},
         {"conditions", {{"ready", true}}},
         {"targetRef", {{"kind", "Pod"}, {"namespace", policy.meta.ns}, {"name", pod.name}}}});
  }
  const bool six = held.service->cluster_ip.contains(':');
  return {{"apiVersion", "discovery.k8s.io/v1"},
          {"kind", "EndpointSlice"},
          {"metadata", std::move(object)},
          {"addressType", six ? "IPv6" : "IPv4"},
          {"ports",
           Value::array(
               {{{"name", held.port.name}, {"port", settings.bind_port}, {"protocol", "TCP"}}})},
          {"endpoints", std::move(endpoints)}};
}

}  // namespace penstock::reconcile
