"""Karpenter with its simulated cloud, and of its nodes' kubelets what matters to scheduling.

    with Karpenter(cluster, folder) as karpenter:
        karpenter.pool("gpu", delay="5s")

Real are Karpenter, its NodePools, NodeClaims and CapacityBuffers, the scheduler and its preemptions. Its provider makes Node
objects after the delay of their class; nobody runs their pods: they are reported as Ready once they are bound, and go when they
are deleted.
"""

import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.error
import urllib.request

from api import Api
from polling import wait_until
from ports import free_port

GPUS = 4  # of every node
KWOK = "karpenter.kwok.sh"


def instance_type() -> dict:
    def is_in(key: str, value: str) -> dict:
        return {"key": key, "operator": "In", "values": [value]}

    def offering(capacity: str, price: float) -> dict:
        zone = is_in("topology.kubernetes.io/zone", "z1")
        return {"Price": price, "Available": True, "Requirements": [is_in("karpenter.sh/capacity-type", capacity), zone]}

    return {
        "name": "gpu-4x",
        "architecture": "amd64",
        "operatingSystems": ["linux"],
        "resources": {
            "cpu": "32",
            "memory": "256Gi",
            "ephemeral-storage": "600Gi",
            "pods": "110",
            "nvidia.com/gpu": str(GPUS),
        },
        "offerings": [offering("on-demand", 16.0), offering("spot", 5.0)],
    }


class Karpenter:
    def __init__(self, cluster, folder: pathlib.Path):
        self.cluster = cluster
        self.folder = folder
        self.pools: list[str] = []
        self.stopping = threading.Event()
        self.problems: list[str] = []

    def __enter__(self) -> "Karpenter":
        definitions = str(self.cluster.bin / "karpenter-definitions")
        self.cluster.kubectl("apply", "--server-side", "-f", definitions)
        self.cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", definitions)
        types = self.folder / "instance-types.json"
        types.write_text(json.dumps([instance_type()]))
        self.health = free_port()
        environment = {
            "KUBECONFIG": str(self.cluster.kubeconfig),
            "KUBERNETES_MIN_VERSION": "1.29.0-0",
            "DISABLE_LEADER_ELECTION": "true",
            "SYSTEM_NAMESPACE": "kube-system",
            "KARPENTER_SERVICE": "karpenter",
            "METRICS_PORT": str(free_port()),
            "HEALTH_PROBE_PORT": str(self.health),
            "FEATURE_GATES": "StaticCapacity=true,CapacityBuffer=true",
            "INSTANCE_TYPES_FILE_PATH": str(types),
            "BATCH_IDLE_DURATION": "200ms",
            "BATCH_MAX_DURATION": "1s",
        }
        with open(self.folder / "karpenter.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(self.cluster.bin / "karpenter")],
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.api = Api(self.cluster.api.host, self.cluster.api.port, self.cluster.pki)
        self.thread = threading.Thread(target=self.keep)
        self.thread.start()
        wait_until(self.ready, "Karpenter")
        return self

    def __exit__(self, *_):
        try:
            for name in self.pools:
                self.cluster.kubectl("delete", "nodepool", name, "--ignore-not-found", "--wait=false")
            wait_until(lambda: not self.nodes(), "nodes to go")
        finally:
            self.stopping.set()
            self.thread.join()
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "karpenter.log").read_text()[-4000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/readyz", timeout=5) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return False

    def pool(self, name: str, delay: str, replicas: int | None = None) -> None:
        """Nodes that take so long to register, for pods that select pool=NAME; static where it has replicas."""
        node_class = {
            "apiVersion": f"{KWOK}/v1alpha1",
            "kind": "KWOKNodeClass",
            "metadata": {"name": name},
            "spec": {"nodeRegistrationDelay": delay},
        }
        on_demand = {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]}
        # A static pool has no pods to choose a type by.
        only_type = {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": [instance_type()["name"]]}
        template = {
            "metadata": {"labels": {"pool": name}},
            "spec": {
                "requirements": [on_demand, only_type],
                "nodeClassRef": {"group": KWOK, "kind": "KWOKNodeClass", "name": name},
                "expireAfter": "Never",
                "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
            },
        }
        spec = {"template": template}
        if replicas is None:
            spec["disruption"] = {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "Never"}
        else:
            spec["replicas"] = replicas
        pool = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": name}, "spec": spec}
        for document in (node_class, pool):
            self.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(document))
        self.pools.append(name)

    def nodes(self, pool: str | None = None, api: Api | None = None) -> list[dict]:
        selector = "karpenter.sh/nodepool" + (f"%3D{pool}" if pool else "")
        return (api or self.cluster.api).get(f"/api/v1/nodes?labelSelector={selector}")["items"]

    def keep(self) -> None:
        beaten = 0.0
        while not self.stopping.wait(0.1):
            try:
                nodes = {node["metadata"]["name"]: node for node in self.nodes(api=self.api)}
                due = time.monotonic() - beaten > 5
                for node in nodes.values():
                    if due or not any(c["type"] == "Ready" for c in node["status"].get("conditions", [])):
                        self.beat(node["metadata"]["name"])
                beaten = time.monotonic() if due else beaten
                for pod in self.api.get("/api/v1/pods")["items"]:
                    if pod["spec"].get("nodeName") in nodes:
                        self.run(pod)
            except (OSError, AssertionError) as error:
                self.problems.append(str(error))

    def beat(self, name: str) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        ready = {"type": "Ready", "status": "True", "reason": "Simulated", "lastHeartbeatTime": now}
        self.api.call(
            "PATCH",
            f"/api/v1/nodes/{name}/status",
            {"status": {"conditions": [ready]}},
            "application/strategic-merge-patch+json",
        )

    def run(self, pod: dict) -> None:
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if "deletionTimestamp" in meta:
            self.api.call("DELETE", f"{path}?gracePeriodSeconds=0")
        elif pod["status"].get("phase") == "Pending":
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            ready = [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in ("Ready", "ContainersReady")]
            status = {"phase": "Running", "conditions": ready}
            self.api.call("PATCH", f"{path}/status", {"status": status}, "application/strategic-merge-patch+json")
