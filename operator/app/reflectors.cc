#include "operator/app/reflectors.h"

#include "operator/app/log.h"
#include "operator/app/pod_sink.h"

namespace penstock::control {
namespace {

constexpr const char* kOurs = "app.kubernetes.io/managed-by=penstock-operator";

// Hands on what it is told, and tells of each list that is complete.
class TellingSink final : public kube::ReflectorSink {
 public:
  TellingSink(kube::ReflectorSink& sink, const std::function<void()>& on_complete)
      : sink_(sink), on_complete_(on_complete) {}

  void list_item(const json::Value& object) override { sink_.list_item(object); }
  void list_dropped() override { sink_.list_dropped(); }
  void list_complete() override {
    sink_.list_complete();
    on_complete_();
  }
  void changed(const json::Value& object) override { sink_.changed(object); }
  void removed(const json::Value& object) override { sink_.removed(object); }

 private:
  kube::ReflectorSink& sink_;
  const std::function<void()>& on_complete_;
};

}  // namespace

void Reflectors::start(controllers::Stores& stores, const std::string& only) {
  const kube::Selection all{.ns = only};
  keep(stores.policies, kube::kPolicies, &controllers::read_policy, all);
  keep(stores.tiers, kube::kTiers, &controllers::read_tier, all);
  keep(stores.tables, kube::kTables, &controllers::read_table, all);
  keep(stores.deployments, kube::kDeployments, &controllers::read_deployment, all);
  keep(stores.stateful_sets, kube::kStatefulSets, &controllers::read_stateful_set, all);
  keep(stores.services, kube::kServices, &controllers::read_service, all);
  keep(stores.slices, kube::kEndpointSlices, &controllers::read_endpoint_slice, all);
  keep(stores.pod_autoscalers, kube::kPodAutoscalers, &controllers::read_pod_autoscaler, all);
  keep(stores.config_maps, kube::kConfigMaps, &controllers::read_config_map,
       {.ns = only, .labels = kOurs});
  if (only.empty()) {
    keep(stores.namespaces, kube::kNamespaces, &controllers::read_namespace, {});
  } else {
    const std::string name = "metadata.name=" + only;
    keep(stores.namespaces, kube::kNamespaces, &controllers::read_namespace, {.fields = name},
         [&stores](const kube::ApiError& error) {
           // A namespace is none of a Role's objects. Without a ClusterRole its level is not known,
           // which decisions allow for.
           if (error.forbidden() && !stores.namespaces.complete()) {
             stores.namespaces.replace({});
           }
         });
    stores.nodes.replace({});  // an operator for one namespace may not read them
  }
  threads_.push_back(reflecting(kube::kPods, std::make_shared<PodSink>(stores), all, ++seed_, {}));
}

void Reflectors::start_nodes(controllers::Stores& stores, const std::string& only) {
  std::call_once(nodes_asked_, [&] {
    if (!only.empty()) {
      log_line("info",
               "autoscaling: an operator for one namespace reads no nodes, so replicas "
               "count as if they had the same accelerator");
      return;
    }
    nodes_ = reflecting(
        kube::kNodes,
        std::make_shared<kube::StoreSink<reconcile::Node>>(stores.nodes, &controllers::read_node),
        {}, node_seed_, {});
  });
}

std::jthread Reflectors::reflecting(const kube::ResourceType& type,
                                    std::shared_ptr<kube::ReflectorSink> sink,
                                    const kube::Selection& selection, std::uint64_t seed,
                                    const Failed& failed) {
  kube::ListWatch order(type, selection, seed);
  return std::jthread([this, plural = std::string(type.plural), order = std::move(order),
                       sink = std::move(sink), failed](const std::stop_token& stop) {
    TellingSink telling(*sink, on_complete_);
    kube::reflect(transport_, order, telling, stop, [&](const kube::ApiError& error) {
      log_line("warn", plural + ": " + error.message);
      if (failed) {
        failed(error);
        on_complete_();
      }
    });
  });
}

void Reflectors::stop() {
  for (std::jthread& thread : threads_) {
    thread.request_stop();
  }
  threads_.clear();
  nodes_ = {};
}

}  // namespace penstock::control
