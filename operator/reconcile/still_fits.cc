#include "operator/reconcile/still_fits.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "operator/reconcile/carried_interception.h"
#include "operator/reconcile/clients.h"
#include "operator/reconcile/engines.h"
#include "operator/reconcile/older_policies.h"
#include "operator/reconcile/own_workloads.h"
#include "operator/reconcile/pod_ports.h"
#include "operator/reconcile/pods_interception.h"
#include "operator/reconcile/status_of.h"

namespace penstock::reconcile {
namespace {

using api::InterceptionMode;

// What the policy says of the engine, less what it did not say when `before` was chosen.
api::EngineSpec spec_before(api::EngineSpec spec, const Interception& before) {
  const auto drop_unless = [](auto& said, const auto& was) {
    if (said && *said != was) {
      said.reset();
    }
  };
  const std::string& container = before.ports ? before.ports->container : before.redirects;
  if (!container.empty()) {
    spec.container = container;
  }
  drop_unless(spec.port, before.ports ? before.ports->from : before.probes->from);
  if (before.mode == InterceptionMode::kPortSwap) {
    drop_unless(spec.flag, before.ports->flag);
    drop_unless(spec.env, before.ports->env);
  }
  return spec;
}

bool is_told_as_before(const EngineShape& engine, const api::PortSwapStatus& before) {
  return !engine.fixed && engine.port == before.from && engine.flag == before.flag &&
         engine.env == before.env;
}

bool fits_engine(const World& world, const PodTemplate& pods, const Interception& before,
                 const Settings& settings) {
  const EngineFinding found =
      find_engine(pods, spec_before(world.policy->parsed.interception.engine, before));
  if (!found.shape || out_of_reach(*found.shape) || !port_clash(pods, before, settings).empty()) {
    return false;
  }
  const EngineShape& engine = *found.shape;
  if (before.mode == InterceptionMode::kPortSwap) {
    return is_told_as_before(engine, *before.ports) && !declares_port(pods, before.ports->to);
  }
  if (before.mode == InterceptionMode::kNamedPort) {
    const bool is_of_host = engine.fixed && engine.fixed->reason == kHostPort;
    return engine.port == before.ports->from && !engine.port_names.empty() && !is_of_host;
  }
  return engine.port == before.probes->from && !declares_port(pods, before.probes->to) &&
         !forbids_redirect(world);
}

bool fits_client(const PodTemplate& pods, const Interception& before, const Settings& settings) {
  const ClientFinding found =
      read_client(pods, {.override_all = before.environment->override_all}, settings.bind_port);
  return found.shape && found.shape->environment == *before.environment &&
         port_clash(pods, before, settings).empty();
}

// The world as admission goes by it: who is selected stands in the status.
World as_admitted(World world) {
  Policy policy = *world.policy;
  if (const auto selector = active_selector(policy, status_of(policy))) {
    policy.parsed.selector = *selector;
  }
  world.policy = std::make_shared<const Policy>(std::move(policy));
  return world;
}

}  // namespace

bool still_fits(const World& world, const Settings& settings) {
  OwnWorkloads own = own_workloads(as_admitted(world));
  std::vector<Ptr<Workload>> telling =
      own.workloads.empty() ? std::move(own.passing) : std::move(own.workloads);
  // Nothing makes a bare pod anew.
  std::erase_if(telling, [](const Ptr<Workload>& one) { return one->kind == "Pod"; });
  if (telling.empty()) {
    return true;
  }
  const std::optional<Interception> before = interception_before(*world.policy, settings);
  return before && std::ranges::all_of(telling, [&](const Ptr<Workload>& one) {
           return before->environment ? fits_client(one->pods, *before, settings)
                                      : fits_engine(world, one->pods, *before, settings);
         });
}

}  // namespace penstock::reconcile
