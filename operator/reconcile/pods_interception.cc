#include "operator/reconcile/pods_interception.h"

#include <algorithm>
#include <utility>

#include "lib/api/selects.h"
#include "operator/reconcile/clients.h"
#include "operator/reconcile/engines.h"
#include "operator/reconcile/pod_ports.h"

namespace penstock::reconcile {
namespace {

using api::InterceptionMode;

// Whether Services reach `shape`'s port by a name, and none by its number.
bool all_by_name(const World& world, const PodTemplate& pods, const EngineShape& shape,
                 std::string& numeric) {
  bool any = false;
  for (const Ptr<Service>& service : world.services) {
    const api::LabelSelector selector{.match_labels = service->selector};
    if (service->selector.empty() || !selects(selector, pods.labels)) {
      continue;
    }
    for (const ServicePort& port : service->ports) {
      if (port.target_name.empty() && port.target_number == shape.port) {
        numeric = service->meta.name;
        return false;
      }
      any = any || std::ranges::find(shape.port_names, port.target_name) != shape.port_names.end();
    }
  }
  return any;
}

std::optional<EngineShape> shape_of_spec(const api::EngineSpec& spec) {
  if (!spec.port || (!spec.flag && !spec.env)) {
    return std::nullopt;
  }
  return EngineShape{.container = spec.container.value_or(""),
                     .port = *spec.port,
                     .flag = spec.flag.value_or(""),
                     .env = spec.env.value_or("")};
}

// In front of an engine that goes to port `to`, with the sidecar at `bind`.
Interception in_front_of(InterceptionMode mode, const EngineShape& shape, std::uint16_t to,
                         std::uint16_t bind) {
  Interception choice{
      .mode = mode, .to = {.engine_port = to}, .engine_has_pre_stop = shape.has_pre_stop};
  choice.ports = {.container = shape.container, .from = shape.port, .to = to, .bind = bind};
  return choice;
}

InterceptionFinding environment(const PodTemplate& pods, const api::InterceptionSpec& spec,
                                const Settings& settings) {
  ClientFinding finding = read_client(pods, spec.environment, settings.bind_port);
  if (!finding.shape) {
    return refused(std::move(finding.reason), std::move(finding.problem));
  }
  Interception choice{.mode = InterceptionMode::kEnvironment,
                      .environment = std::move(finding.shape->environment),
                      .to = {.providers = std::move(finding.shape->providers)}};
  return {std::move(choice), "", ""};
}

InterceptionFinding no_port_left() {
  return refused("NoPortLeft", "its containers declare every port that the engine could go to");
}

InterceptionFinding port_swap(const PodTemplate& pods, const EngineShape& shape,
                              const Settings& settings) {
  const std::optional<std::uint16_t> to = free_port(pods, shape.port, settings);
  if (!to) {
    return no_port_left();
  }
  Interception choice = in_front_of(InterceptionMode::kPortSwap, shape, *to, shape.port);
  choice.ports->flag = shape.flag;
  // A short flag may have its value in the same word, which aliases are looked at for.
  choice.ports->flag_alias = shape.flag.size() == 2 ? shape.flag : shape.flag_alias;
  choice.ports->env = shape.env;
  choice.ports->env_host = shape.env_host;
  return {choice, "", ""};
}

InterceptionFinding named_port(const World& world, const PodTemplate& pods,
                               const EngineShape& shape, const Settings& settings) {
  if (shape.fixed && shape.fixed->reason == kHostPort) {
    return refused(shape.fixed->reason, shape.fixed->message);
  }
  if (shape.port_names.empty()) {
    return refused("PortHasNoName", "NamedPort needs a name on port " + std::to_string(shape.port) +
                                        " of container " + shape.container +
                                        ", and Services that use it as targetPort");
  }
  std::string numeric;
  if (!all_by_name(world, pods, shape, numeric)) {
    return refused(
        "ServiceByNumber",
        numeric.empty()
            ? "NamedPort needs a Service whose targetPort is " + shape.port_names.front()
            : "Service " + numeric + " sends to port " + std::to_string(shape.port) +
                  " by its number, past the sidecar; use targetPort: " + shape.port_names.front());
  }
  return {in_front_of(InterceptionMode::kNamedPort, shape, shape.port, settings.bind_port), "", ""};
}

// The engine stays where it is; rules lead to the sidecar what comes to its port, and its probes,
// which ask for the engine and not for us, past the sidecar.
InterceptionFinding redirect(const World& world, const PodTemplate& pods, const EngineShape& shape,
                             const Settings& settings) {
  if (world.pod_security == "baseline" || world.pod_security == "restricted") {
    return refused(kPodSecurity,
                   "Redirect needs an init container with NET_ADMIN, which namespace " +
                       world.policy->meta.ns +
                       " does not admit (pod-security.kubernetes.io/enforce: " +
                       world.pod_security + "); label it privileged, or use another mode");
  }
  const std::optional<std::uint16_t> probed = free_port(pods, shape.port, settings);
  if (!probed) {
    return no_port_left();
  }
  return {Interception{.mode = InterceptionMode::kRedirect,
                       .redirects = shape.container,
                       .probes = api::ProbeMoveStatus{.from = shape.port, .to = *probed},
                       .to = {.engine_port = shape.port},
                       .engine_has_pre_stop = shape.has_pre_stop},
          "", ""};
}

InterceptionFinding choose_for(const World& world, const PodTemplate& pods,
                               const EngineShape& shape, const Settings& settings) {
  const InterceptionMode wanted = world.policy->parsed.interception.mode;
  if (wanted == InterceptionMode::kRedirect) {
    return redirect(world, pods, shape, settings);
  }
  const bool can_move = (!shape.flag.empty() || !shape.env.empty()) && !shape.fixed;
  if (wanted == InterceptionMode::kNamedPort) {
    return named_port(world, pods, shape, settings);
  }
  if (can_move) {
    return port_swap(pods, shape, settings);
  }
  if (wanted == InterceptionMode::kAuto) {
    if (InterceptionFinding by_name = named_port(world, pods, shape, settings); by_name.choice) {
      return by_name;
    }
    // Only where nobody would refuse the pods: what is not said may be forbidden for the cluster.
    if (world.pod_security == "privileged") {
      return redirect(world, pods, shape, settings);
    }
  }
  const bool is_of_host = shape.fixed && shape.fixed->reason == kHostPort;
  const std::string otherwise =
      is_of_host ? ", or use mode Redirect"
                 : ", give its port a name that every Service uses, or use mode Redirect";
  if (shape.fixed) {
    return refused(shape.fixed->reason, shape.fixed->message + otherwise);
  }
  return refused("EngineUnknown", "nothing tells how container " + shape.container +
                                      " takes its port; set spec.interception.engine.flag or .env" +
                                      otherwise);
}

// Auto takes pods for clients where they say that they are, and nothing in them is an engine.
bool are_clients(const PodTemplate& pods, const api::InterceptionSpec& spec) {
  if (spec.mode != InterceptionMode::kAuto) {
    return spec.mode == InterceptionMode::kEnvironment;
  }
  return spec.engine == api::EngineSpec{} && looks_like_client(pods) && !runs_known_engine(pods);
}

// Why the sidecar would get no request out of the engine. Nothing: it would.
std::optional<InterceptionFinding> out_of_reach(const EngineShape& shape) {
  const std::string start = "container " + shape.container;
  if (!shape.tls_by.empty()) {
    return refused(kEngineTls,
                   start + " serves TLS itself (" + shape.tls_by +
                       "), which the sidecar does not speak with its engine; let it serve plain "
                       "HTTP inside the pod and set spec.listener.tls, by which the sidecar "
                       "serves TLS, or select other pods");
  }
  if (!shape.unreached_by.empty()) {
    return refused(kEngineAddress,
                   start + " says by " + shape.unreached_by +
                       " on which address it listens, and that is none at which the sidecar, "
                       "which calls 127.0.0.1, is known to reach it; write 0.0.0.0 there");
  }
  return std::nullopt;
}

InterceptionFinding choose_of(const World& world, const PodTemplate& pods,
                              const Settings& settings) {
  const api::InterceptionSpec& spec = world.policy->parsed.interception;
  if (are_clients(pods, spec)) {
    return environment(pods, spec, settings);
  }
  const EngineFinding engine = find_engine(pods, spec.engine);
  if (!engine.shape) {
    return refused("EngineNotFound", engine.problem);
  }
  if (std::optional<InterceptionFinding> refusal = out_of_reach(*engine.shape)) {
    return *std::move(refusal);
  }
  return choose_for(world, pods, *engine.shape, settings);
}

// Unless the sidecar could not listen in such pods.
InterceptionFinding without_clash(InterceptionFinding finding, const PodTemplate& pods,
                                  const Settings& settings) {
  if (!finding.choice) {
    return finding;
  }
  std::string clash = port_clash(pods, *finding.choice, settings);
  return clash.empty() ? std::move(finding) : refused("PortTaken", std::move(clash));
}

}  // namespace

InterceptionFinding refused(std::string reason, std::string message) {
  return {std::nullopt, std::move(reason), std::move(message)};
}

InterceptionFinding interception_of(const World& world, const PodTemplate& pods,
                                    const Settings& settings) {
  return without_clash(choose_of(world, pods, settings), pods, settings);
}

std::optional<InterceptionFinding> interception_told(const Policy& policy,
                                                     const Settings& settings) {
  const api::InterceptionSpec& spec = policy.parsed.interception;
  if (spec.mode == InterceptionMode::kEnvironment) {
    return environment({}, spec, settings);
  }
  const std::optional<EngineShape> told = shape_of_spec(spec.engine);
  // The other modes need to see the pods.
  if (told && (spec.mode == InterceptionMode::kAuto || spec.mode == InterceptionMode::kPortSwap)) {
    return without_clash(port_swap({}, *told, settings), {}, settings);
  }
  return std::nullopt;
}

}  // namespace penstock::reconcile
