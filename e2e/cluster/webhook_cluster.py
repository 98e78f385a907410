"""A cluster whose pods are injected by the webhook of operators that are processes, called by URL."""

import base64
import pathlib

from installation import SYSTEM, injecting_probe, install, operator_kubeconfig
from operator_process import OperatorProcess
from polling import wait_until
from ports import free_port

CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/penstock-inject.penstock.dev"
SECRET = f"/api/v1/namespaces/{SYSTEM}/secrets/penstock-operator-webhook"


class Hooked:
    def __init__(self, cluster, programs: pathlib.Path, folder: pathlib.Path):
        self.cluster = cluster
        self.programs = programs
        self.folder = folder
        self.port = free_port()
        self.by_url = ("--set", f"admission.webhookUrl=https://127.0.0.1:{self.port}/inject")
        install(cluster, "--set", "admission.injector=Webhook", *self.by_url)
        self.operator = self.start("first", self.port)
        self.injects = injecting_probe(cluster)
        wait_until(self.injects, "the webhook")

    def start(self, name: str, port: int) -> OperatorProcess:
        flags = ("--webhook", f"127.0.0.1:{port}", "--identity", name)
        return OperatorProcess(self.programs / "penstock-operator", operator_kubeconfig(self.cluster), self.folder / f"{name}.log", *flags)

    def bundle(self) -> bytes:
        hook = self.cluster.api.get(CONFIGURATION)["webhooks"][0]
        return base64.b64decode(hook["clientConfig"].get("caBundle", ""))

    def trusted(self) -> bytes:
        """The authorities of the Secret."""
        return base64.b64decode(self.cluster.api.get(SECRET).get("data", {}).get("ca.crt", ""))
