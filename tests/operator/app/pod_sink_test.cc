#include "operator/app/pod_sink.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::control {
namespace {

// A pod with these members of its metadata and spec, flow YAML.
json::Value pod(const std::string& metadata, const std::string& spec = "") {
  return reconcile::yaml("{metadata: {name: a, namespace: ns, " + metadata +
                         "}, spec: {containers: [{name: c, image: i}]" + spec + "}}");
}

std::string owned(const std::string& kind, const std::string& labels = "{}") {
  return "labels: " + labels + ", ownerReferences: [{kind: " + kind +
         ", name: o, controller: true}]";
}

// Which pods tell what they are: those of owners that are not read, unless the sidecar hides it.
TEST(PodSinkTest, APodTellsItsShapeWhereNothingElseDoes) {
  struct Row {
    std::string name;
    json::Value object;
    bool tells;
  };
  const std::vector<Row> rows = {
      {"of none", pod(""), true},
      {"of a Job", pod(owned("Job")), true},
      {"of a ReplicaSet alone", pod(owned("ReplicaSet")), true},
      {"of a Deployment's", pod(owned("ReplicaSet", "{pod-template-hash: abc}")), false},
      {"of a StatefulSet", pod(owned("StatefulSet")), false},
      {"opted out", pod("annotations: {penstock.dev/inject: \"false\"}"), false},
      {"a static pod's copy", pod("annotations: {kubernetes.io/config.mirror: \"1\"}"), false},
      {"of the host's network", pod("", ", hostNetwork: true"), false},
      {"injected", pod("", ", initContainers: [{name: penstock-sidecar}]"), false},
  };
  for (const Row& row : rows) {
    controllers::Stores stores{controllers::StoreChanges{}};
    PodSink sink(stores);
    sink.changed(row.object);
    EXPECT_EQ(stores.pods.find("ns", "a")->shape != nullptr, row.tells) << row.name;
    sink.list_item(row.object);
    sink.list_complete();
    EXPECT_EQ(stores.pods.find("ns", "a")->shape != nullptr, row.tells) << row.name;
    sink.removed(row.object);
    EXPECT_EQ(stores.pods.find("ns", "a"), nullptr);
  }
}

}  // namespace
}  // namespace penstock::control
