#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "operator/controllers/stores.h"
#include "operator/kube/reflector.h"

namespace penstock::control {

// Pods go into two stores: as pods, and where no controller made one, as the workload it stands
// for. One that carries the sidecar shows the moved port, so it says nothing of its engine's own.
class PodSink final : public kube::ReflectorSink {
 public:
  explicit PodSink(controllers::Stores& stores) : stores_(stores) {}

  void list_item(const json::Value& object) override {
    auto pod = std::make_shared<const reconcile::Pod>(controllers::read_pod(object));
    if (is_workload(*pod)) {
      bare_.insert_or_assign(pod->meta.key(), bare(object));
    }
    pods_.insert_or_assign(pod->meta.key(), std::move(pod));
  }
  void list_dropped() override {
    pods_.clear();
    bare_.clear();
  }
  void list_complete() override {
    stores_.bare_pods.replace(std::exchange(bare_, {}));
    stores_.pods.replace(std::exchange(pods_, {}));
  }
  void changed(const json::Value& object) override {
    auto pod = std::make_shared<const reconcile::Pod>(controllers::read_pod(object));
    if (is_workload(*pod)) {
      stores_.bare_pods.put(bare(object));
    } else {
      stores_.bare_pods.remove(pod->meta.ns, pod->meta.name);
    }
    stores_.pods.put(std::move(pod));
  }
  void removed(const json::Value& object) override {
    const kube::ObjectMeta meta = kube::read_meta(object);
    stores_.bare_pods.remove(meta.ns, meta.name);
    stores_.pods.remove(meta.ns, meta.name);
  }

 private:
  static bool is_workload(const reconcile::Pod& pod) {
    return pod.owner_kind.empty() && !pod.has_sidecar && !pod.finished && !pod.opted_out;
  }
  static std::shared_ptr<const reconcile::Workload> bare(const json::Value& object) {
    return std::make_shared<const reconcile::Workload>(controllers::read_bare_pod(object));
  }

  controllers::Stores& stores_;
  std::map<std::string, std::shared_ptr<const reconcile::Pod>> pods_;
  std::map<std::string, std::shared_ptr<const reconcile::Workload>> bare_;
};

}  // namespace penstock::control
