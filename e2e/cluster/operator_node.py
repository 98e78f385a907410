"""A node that the chart's own pods run on: each is an operator's process, with the chart's arguments, on the pod's address."""

import pathlib
import urllib.error
import urllib.request

from fake_node import FakeNode, Pod
from installation import SYSTEM, operator_kubeconfig
from polling import wait_until

REVIEWS = "penstock_operator_webhook_reviews_total{"
SELECTOR = "app.kubernetes.io%2Fname%3Dpenstock"


class OperatorPod(Pod):
    def start(self, api) -> None:
        container = self.document["spec"]["containers"][0]
        self.ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        self.report(api, ready=False)
        self.run("operator", self.node.programs / "penstock-operator", self.arguments(container["args"]))
        wait_until(self.answers_ready, f"operator of {self.name}")
        self.report(api, ready=True)
        self.is_ready = True

    def arguments(self, arguments: list[str]) -> list[str]:
        """Those of the container, with the pod's address where it would have a network and an account of its own."""
        listening = (f"--{name}=:{port}" for name, port in self.ports.items())
        own = {flag: flag.replace("=:", f"={self.ip}:") for flag in listening}
        assert set(own) <= set(arguments), arguments
        kubeconfig = ("--kubeconfig", str(self.node.kubeconfig), "--identity", self.name)
        return [own.get(argument, argument) for argument in arguments] + list(kubeconfig)

    def answers_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.ip}:{self.ports['health']}/readyz", timeout=5):
                return True
        except urllib.error.HTTPError:
            return False

    def reviews(self) -> float:
        """How often its webhook was asked."""
        with urllib.request.urlopen(f"http://{self.ip}:{self.ports['health']}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(REVIEWS))


class OperatorNode(FakeNode):
    pod_type = OperatorPod

    def __init__(self, cluster, programs: pathlib.Path, folder: pathlib.Path):
        self.kubeconfig = operator_kubeconfig(cluster)
        super().__init__(cluster, "operators", programs, folder)

    def take_pods(self) -> None:
        """The chart's, which wait for a node."""
        api = self.cluster.api  # the node's own connection is for the thread that watches
        pods = api.get(f"/api/v1/namespaces/{SYSTEM}/pods?labelSelector={SELECTOR}")["items"]
        for pod in pods:
            if "nodeName" not in pod["spec"]:
                name = pod["metadata"]["name"]
                target = {"apiVersion": "v1", "kind": "Node", "name": self.name}
                binding = {"metadata": {"name": name}, "target": target}
                api.create(f"/api/v1/namespaces/{SYSTEM}/pods/{name}/binding", binding)

    def running(self) -> list[OperatorPod]:
        return [pod for pod in list(self.pods.values()) if pod.is_ready]
