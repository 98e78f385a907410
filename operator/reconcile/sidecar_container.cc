#include "operator/reconcile/sidecar_container.h"

#include <chrono>
#include <cstdint>
#include <vector>

#include "lib/api/pod_annotations.h"
#include "lib/json/scalars.h"
#include "lib/json/write.h"
#include "lib/resolve/hash.h"

namespace penstock::reconcile {
namespace {

using json::Value;

constexpr const char* kBinary = "/penstock-sidecar";
constexpr const char* kPolicyPath = "/etc/penstock/policy";
constexpr const char* kSecretsPath = "/etc/penstock/secrets";
constexpr const char* kAccountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr std::int64_t kUser = 15801;
// Endpoints are forgotten by every node's proxy within this; requests still come until then.
constexpr std::int64_t kLameDuckSeconds = 3;
static_assert(kLameDuckSeconds < api::kGraceReserveSeconds);

Value strings(const std::vector<std::string>& list) {
  return Value(list);
}

std::string seconds(std::int64_t count) {
  return std::to_string(count) + "s";
}

std::string admin() {
  return "127.0.0.1:" + std::to_string(kAdminPort);
}

std::uint64_t bytes_of(const std::string& quantity) {
  const auto parsed = json::parse_quantity(quantity);
  return parsed ? parsed->value : 0;
}

struct Memory {
  std::string asked;  // what the sidecar needs by itself, and its caches, of which it fills at most
                      // two thirds of its limit
  std::string most;   // on top: the bodies that it may hold at once
};

Memory memory_of(const Policy& policy, const Delivery& delivery, const Settings& settings) {
  const std::uint64_t caches = delivery.cache_bytes + delivery.cache_bytes / 2;
  const std::uint64_t asked = bytes_of(settings.memory_request) + caches;
  const std::uint64_t most = asked + policy.parsed.listener.limits.collected_total.value;
  return {json::format_quantity({asked}), json::format_quantity({most})};
}

Value resources(const Memory& memory, const Settings& settings) {
  return {{"requests", {{"cpu", settings.cpu_request}, {"memory", memory.asked}}},
          {"limits", {{"memory", memory.most}}}};
}

// Without a CPU limit such a pod would lose its class, and with it its exclusive cores.
Value guaranteed_resources(const Memory& memory, const Settings& settings) {
  const Value both = {{"cpu", settings.cpu_request}, {"memory", memory.most}};
  return {{"requests", both}, {"limits", both}};
}

Value security() {
  return {{"runAsNonRoot", true},
          {"runAsUser", kUser},
          {"runAsGroup", kUser},
          {"allowPrivilegeEscalation", false},
          {"readOnlyRootFilesystem", true},
          {"capabilities", {{"drop", strings({"ALL"})}}},
          {"seccompProfile", {{"type", "RuntimeDefault"}}}};
}

Value probe(const char* path, const Settings& settings, int period, int failures) {
  return {{"httpGet", {{"path", path}, {"port", settings.status_port}}},
          {"periodSeconds", period},
          {"failureThreshold", failures}};
}

Value exec(const char* command) {
  return {{"exec", {{"command", strings({kBinary, command, "--admin", admin()})}}}};
}

Value mount(const char* volume, const char* path) {
  return {{"name", volume}, {"mountPath", path}, {"readOnly", true}};
}

std::vector<std::string> arguments(const Interception& interception, std::int64_t grace,
                                   const Settings& settings) {
  std::vector<std::string> result = {"--resources",   kPolicyPath,
                                     "--secrets-dir", kSecretsPath,
                                     "--status",      ":" + std::to_string(settings.status_port),
                                     "--admin",       admin()};
  const auto add = [&result](std::initializer_list<std::string> more) {
    result.insert(result.end(), more);
  };
  if (interception.to.providers) {
    // Only the pod's own containers may spend what they have.
    add({"--listen", "127.0.0.1:" + std::to_string(settings.bind_port), "--openai-url",
         interception.to.providers->openai, "--anthropic-url",
         interception.to.providers->anthropic});
    return result;
  }
  const std::uint16_t bind = interception.ports ? interception.ports->bind : settings.bind_port;
  add({"--listen", ":" + std::to_string(bind), "--engine-port",
       std::to_string(*interception.to.engine_port), "--drain-delay", seconds(kLameDuckSeconds),
       "--drain-grace", seconds(api::drain_seconds(grace))});
  return result;
}

// In front of an engine the drain begins with the pod's end. A client's sidecar serves until the
// clients have ended, which is when native sidecars get their signal.
Value lifecycle(const Interception& interception) {
  Value hooks = {{"postStart", exec("wait")}};
  if (interception.to.engine_port) {
    hooks["preStop"] = exec("drain");
  }
  return hooks;
}

Value container(const Interception& interception, const Value& resources, std::int64_t grace,
                const Settings& settings) {
  return {
      {"name", "penstock-sidecar"},
      {"image", settings.sidecar_image},
      {"imagePullPolicy", settings.image_pull_policy},
      {"restartPolicy", "Always"},
      {"args", strings(arguments(interception, grace, settings))},
      {"ports", Value::array({{{"name", "penstock-status"},
                               {"containerPort", settings.status_port},
                               {"protocol", "TCP"}}})},
      {"resources", resources},
      {"securityContext", security()},
      // No startupProbe: it costs a second more than the postStart hook, which waits as well.
      {"readinessProbe", probe("/readyz", settings, 1, 2)},
      {"livenessProbe", probe("/healthz", settings, 10, 3)},
      {"lifecycle", lifecycle(interception)},
      {"volumeMounts",
       Value::array({mount("penstock-policy", kPolicyPath), mount("penstock-secrets", kSecretsPath),
                     // Over the service account's token, which is no business of ours.
                     mount("penstock-none", kAccountPath)})}};
}

// Root, and with one capability: no Pod Security level but privileged admits it.
Value redirect_container(const api::ProbeMoveStatus& probes, const Settings& settings) {
  // Where the pod is Guaranteed, admission limits the CPU as well.
  const Value requests = {{"cpu", "10m"}, {"memory", "32Mi"}};
  return {{"name", "penstock-redirect"},
          {"image", settings.sidecar_image},
          {"imagePullPolicy", settings.image_pull_policy},
          {"command",
           strings({"/penstock-redirect", "--port", std::to_string(probes.from), "--to",
                    std::to_string(settings.bind_port), "--probes", std::to_string(probes.to)})},
          {"resources", {{"requests", requests}, {"limits", {{"memory", requests["memory"]}}}}},
          {"securityContext",
           {{"runAsUser", 0},
            {"runAsNonRoot", false},
            {"allowPrivilegeEscalation", false},
            {"readOnlyRootFilesystem", true},
            {"capabilities", {{"drop", strings({"ALL"})}, {"add", strings({"NET_ADMIN"})}}},
            {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
          {"volumeMounts", Value::array({mount("penstock-none", kAccountPath)})}};
}

// Without files. An emptyDir is local storage: node autoscalers would keep the pod's node for it,
// and `kubectl drain` would refuse it.
Value empty_volume(const char* name) {
  return {{"name", name}, {"downwardAPI", {{"items", Value::array()}}}};
}

std::vector<Value> volumes(const std::string& config_map, const Delivery& delivery) {
  Value sources = Value::array();
  for (const auto& [secret, key] : delivery.secrets) {
    const Value item = {{"key", key}, {"path", secret + "/" + key}};
    sources.push_back(
        {{"secret", {{"name", secret}, {"items", Value::array({item})}, {"optional", true}}}});
  }
  return {{{"name", "penstock-policy"}, {"configMap", {{"name", config_map}, {"optional", true}}}},
          sources.empty() ? empty_volume("penstock-secrets")
                          : Value{{"name", "penstock-secrets"},
                                  {"projected", {{"sources", std::move(sources)}}}},
          empty_volume("penstock-none")};
}

}  // namespace

std::string config_map_name(const std::string& policy) {
  constexpr std::size_t kNameMax = 253;
  const std::string name = "penstock-" + policy;
  return name.size() <= kNameMax ? name : "penstock-" + resolve::content_hash({policy});
}

api::InjectionStatus injection_of(const Policy& policy, const Interception& interception,
                                  const Delivery& delivery, const Settings& settings) {
  using std::chrono::seconds;
  const auto& grace = policy.parsed.interception.grace;
  api::InjectionStatus injection;
  // A client's own grace is its own business: the sidecar ends after it.
  injection.grace = interception.to.engine_port ? std::chrono::ceil<seconds>(grace).count() : 0;
  injection.port_swap = interception.ports;
  injection.environment = interception.environment;
  injection.engine_container = interception.redirects;
  injection.probe_move = interception.probes;
  if (interception.probes) {
    injection.redirect = redirect_container(*interception.probes, settings);
  }
  const Memory memory = memory_of(policy, delivery, settings);
  injection.container =
      container(interception, resources(memory, settings), injection.grace, settings);
  injection.guaranteed_resources = guaranteed_resources(memory, settings);
  if (interception.to.engine_port) {
    injection.engine_pre_stop = {
        {"httpGet", {{"path", "/drained"}, {"port", settings.status_port}}}};
  }
  for (const std::string& secret : settings.image_pull_secrets) {
    injection.pull_secrets.push_back({secret});
  }
  injection.volumes = volumes(config_map_name(policy.meta.name), delivery);
  // Of what pods are made with; whom the policy selects or yields to, and by which name admission
  // finds the engine, makes no pod outdated.
  Value made_with = json::write(injection);
  if (interception.ports) {
    made_with["portSwap"].erase("container");
  }
  made_with.erase("engineContainer");
  injection.hash = resolve::content_hash({made_with.dump()}).substr(0, 16);
  injection.selector = policy.parsed.selector;
  injection.annotations = {{api::pod_annotation::kPolicy, policy.meta.name},
                           {api::pod_annotation::kInjection, injection.hash},
                           {api::pod_annotation::kMadeBy, settings.version}};
  const std::string& engine =
      interception.ports ? interception.ports->container : interception.redirects;
  if (!engine.empty()) {
    injection.annotations["kubectl.kubernetes.io/default-container"] = engine;
  }
  return injection;
}

}  // namespace penstock::reconcile
