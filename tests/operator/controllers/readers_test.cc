#include "operator/controllers/readers.h"

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using reconcile::yaml;

TEST(ReadersTest, ANodesDevicesAndTaints) {
  const reconcile::Node node = read_node(
      yaml("{metadata: {name: n, labels: {nvidia.com/gpu.product: L4}, annotations: "
           "{cluster.x-k8s.io/owner-kind: MachineSet, cluster.x-k8s.io/owner-name: gpu-x7k2p}}, "
           "spec: {unschedulable: true, "
           "taints: [{key: a, value: b, effect: NoSchedule}]}, status: {allocatable: {cpu: \"8\", "
           "memory: 32Gi, nvidia.com/gpu: \"4\", hugepages-2Mi: \"0\", x/y: 1500m}, capacity: "
           "{nvidia.com/gpu: \"8\"}, conditions: [{type: Ready, status: \"True\"}]}}"));
  EXPECT_EQ(node.meta.key(), "/n");
  EXPECT_EQ(node.machine_owner_kind, "MachineSet");
  EXPECT_EQ(node.machine_owner, "gpu-x7k2p");
  EXPECT_TRUE(node.ready);
  EXPECT_FALSE(node.schedulable);
  EXPECT_EQ(node.taints, (std::vector<reconcile::Taint>{{"a", "b", "NoSchedule"}}));
  EXPECT_EQ(node.allocatable,
            (std::map<std::string, std::int64_t>{{"nvidia.com/gpu", 4}, {"x/y", 0}}));
  EXPECT_EQ(node.capacity, (std::map<std::string, std::int64_t>{{"nvidia.com/gpu", 8}}));
}

TEST(ReadersTest, WhatAPodAsksFor) {
  const std::string two =
      "{metadata: {name: p, annotations: {controller.kubernetes.io/pod-deletion-cost: \"-2\", "
      "penstock.dev/deletion-cost: \"-2\"}}, spec: {nodeName: n, initContainers: [{name: once, "
      "resources: {requests: {cpu: \"4\"}}}, {name: penstock-sidecar, restartPolicy: Always, "
      "resources: {requests: {cpu: 100m, memory: 96Mi}}}], containers: [{name: a, resources: "
      "{requests: {cpu: \"2\", memory: 1Gi}}}";
  const reconcile::Pod pod = read_pod(yaml(two + "]}}"));
  EXPECT_EQ(pod.node, "n");
  EXPECT_DOUBLE_EQ(pod.cpu_request, 2.1) << "those that run beside each other";
  EXPECT_DOUBLE_EQ(pod.memory_request, (1'024.0 + 96) * 1'024 * 1'024);
  EXPECT_EQ(pod.deletion_cost, "-2");
  EXPECT_EQ(pod.own_deletion_cost, "-2");
  const reconcile::Pod other =
      read_pod(yaml(two + ", {name: b, resources: {requests: {memory: 1Gi}}}]}}"));
  EXPECT_EQ(other.cpu_request, 0) << "one does not say";
  EXPECT_GT(other.memory_request, 0);
}

TEST(ReadersTest, PortsThatProbesAskByTls) {
  const auto ports = [](const std::string& container) {
    return read_deployment(
               yaml("{metadata: {name: d}, spec: {template: {spec: {containers: [{name: c, " +
                    container + "}]}}}}"))
        .pods.containers.at(0)
        .probed_by_tls;
  };
  using Ports = std::vector<std::string>;
  EXPECT_EQ(ports("readinessProbe: {httpGet: {scheme: HTTPS, port: 8000}}"), Ports{"8000"});
  EXPECT_EQ(ports("livenessProbe: {httpGet: {scheme: HTTPS, port: http}}, startupProbe: {httpGet: "
                  "{scheme: HTTPS, port: 1}}"),
            (Ports{"1", "http"}));
  EXPECT_EQ(ports("readinessProbe: {httpGet: {scheme: HTTP, port: 1}}, livenessProbe: {httpGet: "
                  "{port: 2}}, startupProbe: {tcpSocket: {port: 3}}"),
            Ports{});
}

// Whose ports those are that lead to the sidecar: by place and mode, as admission puts it in.
TEST(ReadersTest, OnlyTheRedirectBesideASidecarWithoutThePortLeadsToIt) {
  const std::string sidecar =
      "{name: penstock-sidecar, image: s, args: [--engine-port, \"8000\"], ports: [{name: "
      "penstock-status, containerPort: 15820}]}";
  const std::string swapped =
      "{name: penstock-sidecar, image: s, args: [--engine-port, \"18000\"], ports: [{name: "
      "penstock-status, containerPort: 15820}, {containerPort: 8000}]}";
  const std::string redirect = "{name: penstock-redirect, image: s}";
  const auto ports = [](const std::string& containers) {
    const reconcile::Pod pod =
        read_pod(yaml("{metadata: {name: p}, spec: {initContainers: [" + containers + "]}}"));
    return std::pair(pod.sidecar_port, pod.engine_port);
  };
  using Ports = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(ports(sidecar + ", " + redirect), Ports(8000, 0));
  EXPECT_EQ(ports("{name: mesh, image: m}, " + sidecar + ", " + redirect), Ports(8000, 0))
      << "whoever changed the pod after us came first";
  EXPECT_EQ(ports(swapped + ", " + redirect), Ports(8000, 18000)) << "it has the port itself";
  EXPECT_EQ(ports(sidecar + ", {name: penstock-redirect, image: theirs}"), Ports(0, 8000));
  EXPECT_EQ(ports(sidecar + ", {name: other, image: s}, " + redirect), Ports(0, 8000));
  EXPECT_EQ(ports(redirect + ", " + sidecar), Ports(0, 8000));
  EXPECT_EQ(ports("{name: penstock-sidecar, image: s}, " + redirect), Ports(0, 0)) << "a client's";
}

TEST(ReadersTest, ASidecarIsAskedWhereItsPodSays) {
  const auto port = [](const std::string& ports) {
    return read_pod(yaml("{metadata: {name: p}, spec: {initContainers: [{name: penstock-sidecar, "
                         "ports: [" +
                         ports + "]}]}}"))
        .status_port;
  };
  EXPECT_EQ(port("{containerPort: 8000}, {name: penstock-status, containerPort: 9020}"), 9020);
  EXPECT_EQ(port("{containerPort: 8000}"), 0);
}

TEST(ReadersTest, AnEngineThatDoesNotWaitForTheDrainHasAHookOfItsOwn) {
  const auto has_hook = [](const std::string& hook, const std::string& ports) {
    return read_pod(yaml("{metadata: {name: p}, spec: {initContainers: [{name: penstock-sidecar, "
                         "ports: [" +
                         ports + "]}], containers: [{name: engine, lifecycle: {preStop: " + hook +
                         "}}, {name: other}]}}"))
        .engine_has_pre_stop;
  };
  const std::string engine = "{containerPort: 8000}";
  EXPECT_FALSE(has_hook("{httpGet: {path: /drained, port: 15820}}", engine));
  EXPECT_TRUE(has_hook("{exec: {command: [bye]}}", engine));
  EXPECT_TRUE(has_hook("{httpGet: {path: /bye, port: 8000}}", engine));
  EXPECT_FALSE(has_hook("{exec: {command: [bye]}}", "")) << "a client's";
}

TEST(ReadersTest, PortsAreThoseOfTcp) {
  const reconcile::Workload made = read_deployment(
      yaml("{metadata: {name: d}, spec: {template: {spec: {containers: [{name: c, ports: [{name: "
           "quic, containerPort: 8000, protocol: UDP}, {name: http, containerPort: 8000, protocol: "
           "TCP, hostPort: 80}, {containerPort: 9000}]}]}}}}"));
  EXPECT_EQ(made.pods.containers.at(0).ports,
            (std::vector<reconcile::Port>{{"http", 8000, true}, {"", 9000}}));
}

// Only a sidecar from before pods said who made them goes by what it is delivered.
TEST(ReadersTest, WhatTheFlagsOfAnEarlierSidecarSay) {
  const auto unheeded = [](const std::string& args, const std::string& annotations = "") {
    return read_pod(yaml("{metadata: {name: p, annotations: {" + annotations +
                         "}}, spec: {initContainers: [{name: penstock-sidecar, image: s, args: [" +
                         args + "]}]}}"))
        .unheeded;
  };
  const std::string engine = "--engine-port, \"18000\"";
  const std::string client = "--openai-url, \"https://a\", --anthropic-url, \"https://b\"";
  EXPECT_EQ(unheeded(engine), (api::PassThrough{.engine_port = 18000}));
  EXPECT_EQ(unheeded(client),
            (api::PassThrough{.providers = api::ProvidersSpec{"https://a", "https://b"}}));
  for (const std::string& args : {engine, client}) {
    EXPECT_EQ(unheeded(args, "penstock.dev/version: \"0.1.0\""), std::nullopt);
  }
  for (const char* odd : {"", "--engine-port", "--engine-port, \"0\"", "--engine-port, \"70000\"",
                          "--engine-port, x"}) {
    EXPECT_EQ(unheeded(odd), std::nullopt) << odd;
  }
  EXPECT_EQ(read_pod(yaml("{metadata: {name: p}, spec: {initContainers: [{name: other, args: [" +
                          engine + "]}]}}"))
                .unheeded,
            std::nullopt);
}

TEST(ReadersTest, WhyASidecarDoesNotStart) {
  const auto failure = [](const std::string& status) {
    return read_pod(
               yaml("{metadata: {name: p}, status: {initContainerStatuses: [{name: other, "
                    "state: {waiting: {reason: CrashLoopBackOff}}}, {name: penstock-sidecar, " +
                    status + "}]}}"))
        .sidecar_failure;
  };
  EXPECT_EQ(failure("restartCount: 0, state: {waiting: {reason: ErrImageNeverPull}}"),
            "ErrImageNeverPull");
  for (const char* usual : {"PodInitializing", "ContainerCreating"}) {
    EXPECT_EQ(failure(std::string("restartCount: 0, state: {waiting: {reason: ") + usual + "}}"),
              "");
  }
  EXPECT_EQ(failure("restartCount: 0, ready: false, state: {running: {}}"), "") << "it starts";
  const std::string killed = "{terminated: {reason: OOMKilled}}";
  EXPECT_EQ(failure("restartCount: 2, lastState: " + killed +
                    ", state: {waiting: {reason: CrashLoopBackOff}}"),
            "OOMKilled");
  EXPECT_EQ(failure("restartCount: 2, lastState: {terminated: {reason: Error}}, state: " + killed),
            "OOMKilled");
  EXPECT_EQ(failure("restartCount: 2, lastState: " + killed + ", state: {running: {}}"),
            "OOMKilled")
      << "until it is ready";
  EXPECT_EQ(
      failure("restartCount: 2, ready: true, lastState: " + killed + ", state: {running: {}}"), "");
}

TEST(ReadersTest, APolicyInAZoneThatIsNoneIsNotGood) {
  const auto policy = reconcile::policy(
      "a",
      "{selector: {matchLabels: {app: llm}}, autoscaling: {target: {name: a}, maxReplicas: 4, "
      "schedules: [{name: day, start: \"08:00\", end: \"18:00\", timeZone: Europe/Berlin, "
      "minReplicas: 2}, {name: night, start: \"18:00\", end: \"08:00\", timeZone: Europe/Berln, "
      "minReplicas: 1}]}}");
  EXPECT_EQ(policy->errors,
            (std::vector<std::string>{"spec.autoscaling.schedules[1].timeZone is no zone of the "
                                      "time zone database: Europe/Berln"}));
}

}  // namespace
}  // namespace penstock::controllers
