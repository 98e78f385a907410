"""Fixtures of the end-to-end tests: one cluster a run; tests keep apart by namespaces."""

import itertools
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "e2e" / "cluster"))

from control_plane import ControlPlane  # noqa: E402
from operator_process import OperatorProcess  # noqa: E402
from polling import wait_until  # noqa: E402

BUILD = pathlib.Path(os.environ.get("PENSTOCK_BUILD", ROOT / "build" / "release"))


@pytest.fixture(scope="session")
def programs() -> pathlib.Path:
    """The folder of penstock-operator and penstock-sidecar."""
    if not (BUILD / "bin" / "penstock-operator").exists():
        pytest.skip("penstock-operator is not built (make build)")
    return BUILD / "bin"


@pytest.fixture(scope="session")
def kubernetes() -> pathlib.Path:
    """The folder of the cluster's programs."""
    found = subprocess.run([ROOT / "e2e/cluster/build", "--check"], capture_output=True, text=True)
    if found.returncode != 0:
        pytest.skip("the test cluster is not built (e2e/cluster/build; needs Go 1.25 or newer)")
    return pathlib.Path(found.stdout.strip())


@pytest.fixture(scope="session")
def cluster(kubernetes, tmp_path_factory):
    with ControlPlane(kubernetes, tmp_path_factory.mktemp("cluster")) as running:
        yield running


CHART = ROOT / "charts" / "penstock"
SYSTEM = "penstock-system"


def helm(cluster, *arguments, check: bool = True) -> subprocess.CompletedProcess:
    """Its stdout holds what it says; failures are told with its stderr."""
    run = subprocess.run(
        [str(cluster.bin / "helm"), "--kubeconfig", str(cluster.kubeconfig), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0 or not check, run.stderr
    return run


@pytest.fixture(scope="session")
def definitions(cluster):
    """The cluster with the chart on it; its operator's pods have no node to run on."""
    helm(cluster, "install", "penstock", CHART, "--namespace", SYSTEM, "--create-namespace")
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"))
    return cluster


@pytest.fixture(scope="session")
def admission(definitions):
    """The same, once its admission policies are active: they are tried with a pod that nobody makes."""
    wait_until(injecting_probe(definitions), "admission policies")
    definitions.api.delete("/apis/penstock.dev/v1alpha1/namespaces/admission-probe/optimizationpolicies/probe")
    return definitions


def make_namespace(cluster, name: str) -> str:
    """Pods can be made in it once its service account is there."""
    cluster.kubectl("create", "namespace", name)
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    wait_until(lambda: cluster.api.get(account), f"service account of {name}")
    return name


def injecting_probe(cluster):
    """Whether a policy with an injection has its pods changed; asked by dry runs."""
    make_namespace(cluster, "admission-probe")
    policies = "/apis/penstock.dev/v1alpha1/namespaces/admission-probe/optimizationpolicies"
    cluster.api.create(policies, policy_document("probe", {"app": "probe"}))
    container = {"name": "penstock-sidecar", "image": "x", "restartPolicy": "Always", "ports": []}
    injection = {"hash": "1", "selector": {"matchLabels": {"app": "probe"}}, "container": container}
    cluster.api.merge(policies + "/probe/status", {"status": {"injection": injection}})
    pod = {
        "metadata": {"name": "probe", "labels": {"app": "probe"}},
        "spec": {"automountServiceAccountToken": False, "containers": [{"name": "a", "image": "a"}]},
    }

    def injects() -> bool:
        status, answer = cluster.api.call("POST", "/api/v1/namespaces/admission-probe/pods?dryRun=All", pod)
        return status == 201 and "initContainers" in answer["spec"]

    return injects


def policy_document(name: str, labels: dict, **spec) -> dict:
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "OptimizationPolicy",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, **spec},
    }


def operator_kubeconfig(cluster) -> pathlib.Path:
    """The rights that the chart gives the operator, and no others."""
    token = cluster.kubectl("-n", SYSTEM, "create", "token", "penstock-operator", "--duration=2h").stdout.strip()
    return cluster.pki.token_kubeconfig("operator", cluster.server, token, SYSTEM)


@pytest.fixture(scope="session")
def running_operator(admission, programs, tmp_path_factory):
    log = tmp_path_factory.mktemp("operator") / "operator.log"
    process = OperatorProcess(programs / "penstock-operator", operator_kubeconfig(admission), log)
    yield process
    assert process.stop() == 0, log.read_text()


_numbers = itertools.count(1)


@pytest.fixture
def namespace(cluster) -> str:
    """A namespace of the test's own, with its service account."""
    return make_namespace(cluster, f"t{next(_numbers)}")
