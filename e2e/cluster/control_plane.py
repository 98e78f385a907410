"""A real Kubernetes control plane on loopback: etcd, API server, controller manager, scheduler; no node.

    with ControlPlane(bin_folder, state_folder) as cluster:
        cluster.kubectl("apply", "-f", "-", stdin=text)
        cluster.api.get("/api/v1/namespaces")

Processes listen on free ports, log into the state folder, are waited for by asking them, and are ended by their pid.
"""

import base64
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator

from api import Api
from audit import Audit
from pki import Pki
from polling import wait_until
from ports import free_port

STOP_SECONDS = 5

# A real control plane collects its garbage on cores of its own; here that would be a good part of what is measured. Memory
# is there instead.
ENVIRONMENT = {**os.environ, "GOGC": "400"}


class ControlPlane:
    """On loopback; or, where pods are to reach it, on a local `address` that is none of 127.0.0.0/8."""

    def __init__(
        self, bin_folder: pathlib.Path, folder: pathlib.Path, address: str = "127.0.0.1", audit: Audit | None = None
    ):
        self.address = address
        self.audit = audit
        self.bin = bin_folder
        told = subprocess.run([bin_folder / "kube-apiserver", "--version"], check=True, capture_output=True, text=True)
        self.version = told.stdout.split()[-1]  # "v1.35.4"
        # By a MutatingAdmissionPolicy of the version that the chart asks for.
        self.can_inject = int(self.version.split(".")[1]) >= 34
        self.folder = folder
        self.port = free_port()
        self.etcd_port = free_port()
        self.processes: dict[str, subprocess.Popen] = {}
        self.is_away = False  # its API server, because a test wants it so
        # etcd waits for its disk at every write; memory makes it fast and nothing here must outlive the run.
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.etcd_folder = pathlib.Path(tempfile.mkdtemp(prefix="penstock-etcd-", dir=memory))

    def __enter__(self) -> "ControlPlane":
        try:
            self._start_all()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in reversed(list(self.processes)):
            self._stop(name)
        shutil.rmtree(self.etcd_folder, ignore_errors=True)

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> subprocess.CompletedProcess:
        result = subprocess.run(
            [str(self.bin / "kubectl"), "--kubeconfig", str(self.kubeconfig), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if check and result.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {result.stderr}")
        return result

    def etcd(self, call: str, key: str = "", value: str = "", **more) -> dict:
        """One call of etcd's JSON gateway: etcd("kv/put", key="a", value="b")."""
        texts = {name: base64.b64encode(text.encode()).decode() for name, text in (("key", key), ("value", value)) if text}
        request = urllib.request.Request(f"http://127.0.0.1:{self.etcd_port}/v3/{call}", json.dumps({**texts, **more}).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def restart_api_server(self) -> None:
        """SIGKILL, then the same command again. Watch caches are empty afterwards, so old versions get 410."""
        with self.without_api_server():
            pass

    @contextlib.contextmanager
    def without_api_server(self) -> Iterator[None]:
        """Its own clients begin anew with it: those of Kubernetes stay away for up to a minute after a long absence."""
        self.is_away = True
        process = self.processes["kube-apiserver"]
        process.kill()
        process.wait()
        yield
        self._start("kube-apiserver", *self._api_server_flags())
        wait_until(self.api.ready, "kube-apiserver")
        for program in ("kube-scheduler", "kube-controller-manager"):
            self._stop(program)
        self._start_controllers()
        self.is_away = False

    def _start_all(self) -> None:
        (self.folder / "log").mkdir(parents=True, exist_ok=True)
        self.pki = Pki(self.folder / "pki", sorted({"127.0.0.1", self.address}))
        self.kubeconfig = self.pki.kubeconfig("admin", self.server)
        peer = f"http://127.0.0.1:{free_port()}"
        client = f"http://127.0.0.1:{self.etcd_port}"
        self._start(
            "etcd",
            *("--data-dir", str(self.etcd_folder), "--name", "e2e", "--unsafe-no-fsync", "--log-level", "warn"),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"e2e={peer}"),
        )
        self._start("kube-apiserver", *self._api_server_flags())
        self.api = Api("127.0.0.1", self.port, self.pki)
        wait_until(self.api.ready, "kube-apiserver")
        self._start_controllers()
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        wait_until(lambda: self.api.get(account), "default service account")

    def _start_controllers(self) -> None:
        self._start("kube-controller-manager", *self._controller_flags())
        config = str(self.pki.kubeconfig("scheduler", self.server))
        self._start(
            "kube-scheduler",
            *("--kubeconfig", config, "--authentication-kubeconfig", config, "--authorization-kubeconfig", config),
            *("--bind-address", "127.0.0.1", "--secure-port", str(free_port()), "--leader-elect=false"),
        )

    def _api_server_flags(self) -> list[str]:
        path = self.pki.path
        loopback = self.address == "127.0.0.1"
        return [
            *("--etcd-servers", f"http://127.0.0.1:{self.etcd_port}", "--advertise-address", self.address),
            *("--bind-address", "127.0.0.1" if loopback else "0.0.0.0", "--secure-port", str(self.port)),
            # Endpoints may not be loopback addresses. No kube-proxy is there, so webhooks are called at their Services' endpoints.
            *(["--endpoint-reconciler-type=none", "--enable-aggregator-routing=true"] if loopback else []),
            *("--tls-cert-file", path("apiserver.crt"), "--tls-private-key-file", path("apiserver.key")),
            *("--client-ca-file", path("ca.crt"), "--authorization-mode", "Node,RBAC"),
            *("--kubelet-client-certificate", path("kubelet-client.crt")),
            *("--kubelet-client-key", path("kubelet-client.key"), "--kubelet-certificate-authority", path("ca.crt")),
            *("--kubelet-preferred-address-types", "InternalIP,Hostname"),
            *("--service-account-issuer", "https://kubernetes.default.svc"),
            *("--service-account-key-file", path("sa.pub"), "--service-account-signing-key-file", path("sa.key")),
            *("--requestheader-client-ca-file", path("front-proxy-ca.crt")),
            *("--requestheader-allowed-names", "front-proxy-client"),
            *("--requestheader-username-headers", "X-Remote-User", "--requestheader-group-headers", "X-Remote-Group"),
            *("--requestheader-extra-headers-prefix", "X-Remote-Extra-"),
            *("--proxy-client-cert-file", path("front-proxy.crt"), "--proxy-client-key-file", path("front-proxy.key")),
            *("--service-cluster-ip-range", "10.96.0.0/16", "--allow-privileged=true"),
            *(("--feature-gates", "MutatingAdmissionPolicy=true") if self.can_inject else ()),
            *(("--runtime-config", "admissionregistration.k8s.io/v1beta1=true") if self.can_inject else ()),
            "--profiling=false",
            *(self.audit.flags if self.audit else []),
        ]

    def _controller_flags(self) -> list[str]:
        path = self.pki.path
        config = str(self.pki.kubeconfig("controller-manager", self.server))
        return [
            *("--kubeconfig", config, "--authentication-kubeconfig", config, "--authorization-kubeconfig", config),
            *("--bind-address", "127.0.0.1", "--secure-port", str(free_port()), "--leader-elect=false"),
            *("--root-ca-file", path("ca.crt"), "--service-account-private-key-file", path("sa.key")),
            *("--cluster-signing-cert-file", path("ca.crt"), "--cluster-signing-key-file", path("ca.key")),
            "--use-service-account-credentials=true",
            *("--controllers", "*,-cloud-node-lifecycle-controller,-node-route-controller,-service-lb-controller"),
        ]

    def _start(self, program: str, *arguments: str) -> None:
        with open(self.folder / "log" / f"{program}.log", "ab") as log:
            self.processes[program] = subprocess.Popen(
                [str(self.bin / program), *arguments], env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _stop(self, program: str) -> None:
        process = self.processes.pop(program)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:  # the API server lingers on open watches
            process.kill()
            process.wait()
