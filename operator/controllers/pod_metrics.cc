#include "operator/controllers/pod_metrics.h"

#include <optional>
#include <utility>

#include "lib/json/scalars.h"
#include "operator/kube/object_meta.h"
#include "operator/kube/quantity.h"
#include "operator/kube/timestamp.h"

namespace penstock::controllers {
namespace {

using api::ScalingTriggerType;
using json::Value;

constexpr std::chrono::minutes kInitialisation{5};
// Longer than it ever takes; whoever ends waits for a call that is on its way.
constexpr std::chrono::seconds kPatience{10};

// A container without a reading makes the whole pod unmeasured: its sum would be too small.
std::optional<PodUse> read_use(const Value& item) {
  PodUse use;
  const Value& containers = kube::list_of(item, "containers");
  for (const Value& container : containers) {
    const Value& usage = kube::member(container, "usage");
    const auto cpu = kube::quantity_of(kube::text_of(usage, "cpu"));
    const auto memory = kube::quantity_of(kube::text_of(usage, "memory"));
    if (!cpu || !memory) {
      return std::nullopt;
    }
    use.cpu += *cpu;
    use.memory += *memory;
  }
  const auto measured = kube::time_of(kube::text_of(item, "timestamp"));
  if (containers.empty() || !measured) {
    return std::nullopt;
  }
  use.measured = *measured;
  use.window =
      json::parse_duration(kube::text_of(item, "window")).value_or(std::chrono::milliseconds(0));
  return use;
}

bool is_believed(ScalingTriggerType type, const reconcile::Pod& pod, const PodUse& use,
                 clock::WallTime now) {
  if (type == ScalingTriggerType::kMemory) {
    return true;
  }
  const auto created = kube::time_of(pod.meta.created);
  const auto ready_since = kube::time_of(pod.ready_since);
  if (!pod.ready || !created || !ready_since) {
    return false;
  }
  return *created + kInitialisation <= now || use.measured >= *ready_since + use.window;
}

}  // namespace

PodMetrics::PodMetrics(kube::Client& client, kube::Discovery& discovery, const clock::Clock& clock,
                       std::unique_ptr<Background> background)
    : client_(client),
      discovery_(discovery),
      clock_(clock),
      answers_(*background, clock, [this](const std::string& ns) { return ask(ns); },
               {.again = kPeriod, .believed = kBelieved}),
      background_(std::move(background)) {}

std::shared_ptr<const NamespaceUse> PodMetrics::of(const std::string& ns) {
  const auto said = answers_.find(ns);
  if (said) {
    return *said;
  }
  return std::make_shared<const NamespaceUse>(NamespaceUse{
      .problem = said.error() == Silence::kNotYet ? "metrics.k8s.io has just been asked"
                                                  : "metrics.k8s.io does not answer"});
}

void PodMetrics::look(const api::AutoscalingSpec& spec, const std::string& ns,
                      const std::vector<reconcile::Ptr<reconcile::Pod>>& pods,
                      autoscale::Sight& sight) {
  for (const api::ScalingTriggerSpec& trigger : spec.triggers) {
    if (api::is_utilization(trigger.type)) {
      (trigger.type == ScalingTriggerType::kCpu ? sight.cpu : sight.memory) =
          usage_of(trigger.type, pods, *of(ns), clock_.wall_now());
    }
  }
}

NamespaceUse PodMetrics::ask(const std::string& ns) {
  const auto type = discovery_.resource("metrics.k8s.io", {"v1", "v1beta1"}, "pods");
  if (!type) {
    return {.problem = "metrics.k8s.io: " + type.error().message};
  }
  if (!*type) {
    return {.problem = "the cluster serves no metrics.k8s.io; metrics-server would"};
  }
  const auto list = client_.get((*type)->type().collection(ns), kPatience);
  if (!list) {
    discovery_.forget((*type)->type().api_version());
    return {.problem = "metrics.k8s.io: " + list.error().message};
  }
  NamespaceUse use;
  for (const Value& item : kube::list_of(*list, "items")) {
    if (const std::optional<PodUse> one = read_use(item)) {
      use.pods.emplace(kube::read_meta(item).name, *one);
    }
  }
  return use;
}

autoscale::UsageSight usage_of(ScalingTriggerType type,
                               const std::vector<reconcile::Ptr<reconcile::Pod>>& pods,
                               const NamespaceUse& use, clock::WallTime now) {
  autoscale::UsageSight sight{.problem = use.problem};
  if (!sight.problem.empty()) {
    return sight;
  }
  const bool by_cpu = type == ScalingTriggerType::kCpu;
  for (const auto& pod : pods) {
    const double request = by_cpu ? pod->cpu_request : pod->memory_request;
    if (!(request > 0)) {
      sight.problem = "not every container of pod " + pod->meta.name + " requests " +
                      (by_cpu ? "cpu" : "memory");
      return sight;
    }
    autoscale::PodUsage usage{.pending = pod->node.empty(), .request = request};
    if (const auto found = use.pods.find(pod->meta.name); found != use.pods.end()) {
      usage.usage = by_cpu ? found->second.cpu : found->second.memory;
      usage.ready = is_believed(type, *pod, found->second, now);
    }
    sight.pods.push_back(usage);
  }
  return sight;
}

}  // namespace penstock::controllers
