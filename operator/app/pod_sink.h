#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "operator/controllers/pod_templates.h"
#include "operator/controllers/stores.h"
#include "operator/kube/reflector.h"
#include "operator/reconcile/own_workloads.h"

namespace penstock::control {

// Pods with their shape, where nothing else tells that. Threads: one.
class PodSink final : public kube::ReflectorSink {
 public:
  explicit PodSink(controllers::Stores& stores) : stores_(stores) {}

  void list_item(const json::Value& object) override {
    std::shared_ptr<const reconcile::Pod> pod = read(object);
    pods_.insert_or_assign(pod->meta.key(), std::move(pod));
  }
  void list_dropped() override { pods_.clear(); }
  void list_complete() override { stores_.pods.replace(std::exchange(pods_, {})); }
  void changed(const json::Value& object) override { stores_.pods.put(read(object)); }
  void removed(const json::Value& object) override {
    const kube::ObjectMeta meta = kube::read_meta(object);
    stores_.pods.remove(meta.ns, meta.name);
  }

 private:
  std::shared_ptr<const reconcile::Pod> read(const json::Value& object) {
    auto pod = std::make_shared<reconcile::Pod>(controllers::read_pod(object));
    if (tells_its_shape(*pod)) {
      pod->shape = templates_.shared(controllers::read_template(object));
    }
    return pod;
  }

  // One that carries the sidecar shows the moved port, so it says nothing of its engine's own. One
  // of a Deployment's may be of an older version of that.
  static bool tells_its_shape(const reconcile::Pod& pod) {
    return !reconcile::is_read_elsewhere(pod) && !pod.has_sidecar && !pod.opted_out &&
           !pod.let_alone;
  }

  controllers::Stores& stores_;
  controllers::PodTemplates templates_;
  std::map<std::string, std::shared_ptr<const reconcile::Pod>> pods_;
};

}  // namespace penstock::control
