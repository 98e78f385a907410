"""A node whose pods are processes: real sidecars and model servers on addresses of their own, without a container runtime.

Real are the API objects, admission, Services' endpoints, and the traffic to and from sidecars. Of what a kubelet does about
pods that are bound to it, this does a part: it runs the sidecar and, in pods without one, the engine; mounts the policy's
ConfigMap as symlink swaps and looks at it again when the pod changes; reports addresses and readiness, and ends pods.

Not here, but on the real node: other containers, hooks, probes (readiness is asked once), grace periods, restarts of
containers, Secrets. Pods share one loopback, so the engines behind sidecars are one process a port.
"""

import base64
import http.client
import itertools
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.error
import urllib.request

from api import Api
from mounted_config_map import MountedConfigMap
from polling import wait_until

# Every address of 127.0.0.0/8 is local anywhere, but no endpoint of a Service; scripts/run-e2e has others where it can.
NETWORK, LOOPBACK = os.environ.get("PENSTOCK_E2E_PODS"), "127.1"
ADDRESSES = itertools.count(1)


def accepts(host: str, port: str) -> bool:
    """Whether a model server answers there."""
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request("GET", "/simulate/counters")
        return connection.getresponse().status == 200
    finally:
        connection.close()


def is_ready(pod: dict) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def beat(api: Api, node: str, **status) -> None:
    """Without it the node would be taken for dead after a while, and its pods for not ready."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ready = {"type": "Ready", "status": "True", "reason": "Fake", "lastHeartbeatTime": now}
    api.merge(f"/api/v1/nodes/{node}/status", {"status": {"conditions": [ready], **status}})


class NotYetServed(OSError):
    """The API server has just started, and asks to try again."""


def expect_served(status: int, answer) -> None:
    if status == 429:
        raise NotYetServed(answer)
    assert status == 200, answer


class Pod:
    """The processes of one pod. All pods have one loopback here, so engines behind sidecars are one process a port."""

    def __init__(self, node: "FakeNode", document: dict):
        self.node = node
        self.name = document["metadata"]["name"]
        self.namespace = document["metadata"]["namespace"]
        self.uid = document["metadata"]["uid"]
        number = next(ADDRESSES)
        last = f"{number // 250}.{number % 250 + 1}"
        self.ip = f"{NETWORK or LOOPBACK}.{last}"
        self.loopback = f"{LOOPBACK}.{last}"
        self.processes: dict[str, subprocess.Popen] = {}
        self.config: MountedConfigMap | None = None
        self.config_lock = threading.Lock()
        self.is_ready = False
        self.config_name = ""
        self.folder = node.folder / self.uid
        self.document = document

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"

    def start(self, api: Api) -> None:
        spec = self.document["spec"]
        sidecar = next((c for c in spec.get("initContainers", []) if c["name"] == "penstock-sidecar"), None)
        if sidecar is not None:
            self.mount(api, spec["volumes"])
            self.run("sidecar", self.node.programs / "penstock-sidecar", self.sidecar_arguments(sidecar["args"]))
        port = self.engine_port(spec["containers"][0].get("args", []))
        self.report(api, ready=False)
        if sidecar is None:
            self.run("engine", self.node.programs / "penstock-demo", ["model-server", "--listen", f"{self.ip}:{port}"])
            wait_until(lambda: accepts(self.ip, port), f"engine of {self.name}")
        else:
            self.node.share_engine(port)
            wait_until(lambda: self.sidecar_answers("/readyz"), f"sidecar of {self.name}")
        self.report(api, ready=True)
        self.is_ready = True

    def run(self, name: str, program: pathlib.Path, arguments: list[str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(program), *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def sidecar_arguments(self, arguments: list[str]) -> list[str]:
        """Those of the container, with the pod's address where it would have a network of its own."""
        values = dict(zip(arguments[::2], arguments[1::2]))
        values["--resources"] = str(self.config.folder)
        values["--secrets-dir"] = str(self.folder)
        for flag in ("--listen", "--status"):
            values[flag] = self.ip + values[flag]
        values["--admin"] = f"{self.loopback}:{values['--admin'].rpartition(':')[2]}"
        return [part for pair in values.items() for part in pair]

    @staticmethod
    def engine_port(arguments: list[str]) -> str:
        return arguments[arguments.index("--port") + 1] if "--port" in arguments else "8000"

    def mount(self, api: Api, volumes: list[dict]) -> None:
        self.config_name = next(v["configMap"]["name"] for v in volumes if v["name"] == "penstock-policy")
        self.config = MountedConfigMap(self.folder / "policy")
        self.refresh(api)

    def refresh(self, api: Api) -> None:
        """What a kubelet does when a pod changed: it looks at the pod's volumes."""
        if self.config is None:
            return
        with self.config_lock:
            found = api.get(f"/api/v1/namespaces/{self.namespace}/configmaps/{self.config_name}")
            found = found or {}
            binary = {name: base64.b64decode(text) for name, text in found.get("binaryData", {}).items()}
            self.config.write(found.get("data", {}) | binary)

    def sidecar_answers(self, path: str) -> dict | None:
        """The headers of a 200 of the sidecar's status listener."""
        try:
            with urllib.request.urlopen(f"http://{self.ip}:15820{path}", timeout=5) as answer:
                return {name.lower(): value for name, value in answer.headers.items()} | {"": ""}
        except urllib.error.HTTPError:
            return None

    def report(self, api: Api, ready: bool) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        state = "True" if ready else "False"
        conditions = [
            {"type": kind, "status": state, "lastTransitionTime": now} for kind in ("Ready", "ContainersReady")
        ]
        status = {"phase": "Running", "podIP": self.ip, "podIPs": [{"ip": self.ip}], "conditions": conditions}
        code, answer = api.call("PATCH", self.path + "/status", {"status": status}, "application/merge-patch+json")
        assert code in (200, 404), answer

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class FakeNode:
    """Runs the pods whose spec.nodeName is `name`. Ends every process it started."""

    pod_type = Pod

    def __init__(self, cluster, name: str, programs: pathlib.Path, folder: pathlib.Path):
        self.cluster = cluster
        self.name = name
        self.programs = programs
        self.folder = folder
        self.pods: dict[str, Pod] = {}  # by uid
        self.problems: list[str] = []
        self.stopping = threading.Event()
        self.engines: dict[str, subprocess.Popen] = {}  # by port
        self.engines_lock = threading.Lock()
        self.api = Api(cluster.api.host, cluster.api.port, cluster.pki)
        # Only pods that name the node: the scheduler would put here what other tests left pending, once it has a capacity.
        self.api.create("/api/v1/nodes", {"metadata": {"name": name}, "spec": {"unschedulable": True}})
        self.beat(self.api)
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def beat(self, api: Api) -> None:
        beat(api, self.name)

    def share_engine(self, port: str) -> None:
        with self.engines_lock:
            if port not in self.engines:
                with open(self.folder / f"engine-{port}.log", "ab") as log:
                    self.engines[port] = subprocess.Popen(
                        [str(self.programs / "penstock-demo"), "model-server", "--listen", f"127.0.0.1:{port}"],
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                    )
                wait_until(lambda: accepts("127.0.0.1", port), f"engine on port {port}")

    def watch(self) -> None:
        selector = f"fieldSelector=spec.nodeName%3D{self.name}"
        beats = Api(self.api.host, self.api.port, self.cluster.pki)  # connections are for one thread
        version = None  # of the last list or event; without one all is listed
        while not self.stopping.is_set():
            connection = http.client.HTTPSConnection(
                self.api.host, self.api.port, context=self.api.context, timeout=60
            )
            try:
                self.beat(beats)
                version = version or self.list(selector)
                connection.request("GET", f"/api/v1/pods?watch=1&timeoutSeconds=2&{selector}&resourceVersion={version}")
                answer = connection.getresponse()
                expect_served(answer.status, answer.reason)
                for line in answer:
                    event = json.loads(line)
                    if event["type"] == "ERROR":  # the version is too old
                        version = None
                        break
                    version = event["object"]["metadata"]["resourceVersion"]
                    self.changed(event["object"], event["type"] == "DELETED")
            except (OSError, http.client.HTTPException, AssertionError) as error:
                version = None
                if not self.cluster.is_away and not isinstance(error, NotYetServed):
                    self.problems.append(f"watch: {error}")
                self.stopping.wait(0.2)
            finally:
                connection.close()

    def list(self, selector: str) -> str:
        status, listed = self.api.call("GET", f"/api/v1/pods?{selector}")
        expect_served(status, listed)
        for document in listed["items"]:
            self.changed(document)
        for uid in set(self.pods) - {document["metadata"]["uid"] for document in listed["items"]}:
            self.changed(self.pods[uid].document, deleted=True)
        return listed["metadata"]["resourceVersion"]

    def changed(self, document: dict, deleted: bool = False) -> None:
        uid = document["metadata"]["uid"]
        pod = self.pods.get(uid)
        if deleted or "deletionTimestamp" in document["metadata"]:
            if pod is not None:
                del self.pods[uid]
                threading.Thread(target=self.end, args=(pod,)).start()
        elif pod is None:
            pod = self.pods[uid] = self.pod_type(self, document)
            threading.Thread(target=self.begin, args=(pod,)).start()
        else:
            old, pod.document = pod.document, document
            if old["metadata"].get("annotations") != document["metadata"].get("annotations"):
                pod.refresh(self.api)
            if pod.is_ready and not is_ready(document):  # a node that is not heard of has its pods marked
                pod.report(self.api, ready=True)

    def begin(self, pod: Pod) -> None:
        api = Api(self.api.host, self.api.port, self.cluster.pki)  # connections are for one thread
        try:
            pod.start(api)
        except (OSError, TimeoutError, AssertionError) as error:
            # A pod that was deleted while it started has been ended meanwhile.
            if self.pods.get(pod.uid) is pod:
                self.problems.append(f"{pod.name}: {error}")

    def end(self, pod: Pod) -> None:
        pod.stop()
        api = Api(self.api.host, self.api.port, self.cluster.pki)
        api.call("DELETE", f"{pod.path}?gracePeriodSeconds=0")

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join()
        for pod in self.pods.values():
            pod.stop()
        for engine in self.engines.values():
            engine.terminate()
            engine.wait(10)
