"""Fixtures of the end-to-end tests: one cluster a run; tests keep apart by namespaces."""

import itertools
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "cluster"))

from autoscaled import NODE, Autoscaled  # noqa: E402
from control_plane import ControlPlane  # noqa: E402
from fake_node import FakeNode  # noqa: E402
from installation import (  # noqa: E402
    BUILD,
    ROOT,
    injecting_probe,
    install,
    make_namespace,
    operator_kubeconfig,
)
from operator_process import OperatorProcess  # noqa: E402
from polling import wait_until  # noqa: E402
from webhook_cluster import Hooked  # noqa: E402


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
    address = os.environ.get("PENSTOCK_E2E_ADDRESS", "127.0.0.1")
    with ControlPlane(kubernetes, tmp_path_factory.mktemp("cluster"), address) as running:
        yield running


@pytest.fixture(scope="session")
def spare(kubernetes, tmp_path_factory):
    """A cluster with nothing on it, for one module after the other: each leaves it so but the last."""
    with ControlPlane(kubernetes, tmp_path_factory.mktemp("spare")) as running:
        yield running


@pytest.fixture(scope="session")
def definitions(cluster):
    """The cluster with the chart on it; its operator's pods have no node to run on."""
    install(cluster, "--set", "autoscaling.scaleToZero=true")
    return cluster


@pytest.fixture(scope="session")
def admission(definitions):
    """The same, once its admission policies are active: they are tried with a pod that nobody makes."""
    wait_until(injecting_probe(definitions), "admission policies")
    definitions.api.delete("/apis/penstock.dev/v1alpha1/namespaces/admission-probe/optimizationpolicies/probe")
    return definitions


@pytest.fixture(scope="session")
def running_operator(admission, programs, tmp_path_factory):
    log = tmp_path_factory.mktemp("operator") / "operator.log"
    decisions = ("--decisions", str(log.with_name("decisions.jsonl")))
    process = OperatorProcess(programs / "penstock-operator", operator_kubeconfig(admission), log, *decisions)
    yield process
    assert process.stop() == 0, log.read_text()


@pytest.fixture(scope="session")
def oldest(kubernetes, tmp_path_factory) -> pathlib.Path:
    """The same with the oldest Kubernetes that the chart takes; where that is not built, just the same."""
    found = subprocess.run([ROOT / "e2e/cluster/build-beside", "oldest", "--check"], capture_output=True, text=True)
    if found.returncode != 0:
        return kubernetes
    folder = tmp_path_factory.mktemp("oldest")
    for program in (*pathlib.Path(found.stdout.strip()).glob("kube-*"), *(kubernetes / name for name in ("etcd", "kubectl", "helm"))):
        (folder / program.name).symlink_to(program)
    return folder


@pytest.fixture(scope="session")
def hooked(oldest, programs, tmp_path_factory):
    """A second cluster, whose injector is the webhook."""
    folder = tmp_path_factory.mktemp("webhook")
    with ControlPlane(oldest, folder / "cluster") as cluster:
        running = Hooked(cluster, programs, folder)
        yield running
        assert running.operator.stop() == 0, running.operator.log.read_text()


@pytest.fixture(scope="session")
def autoscaled_node(admission, programs, tmp_path_factory):
    running = FakeNode(admission, NODE, programs, tmp_path_factory.mktemp("autoscaled"))
    yield running
    running.stop()
    assert running.problems == []


@pytest.fixture
def autoscaled(running_operator, admission, namespace, autoscaled_node) -> Iterator[Autoscaled]:
    """A namespace for an engine that is scaled. Its pods end with the test: the kernel watches files for so many processes only."""
    yield Autoscaled(admission, namespace)
    admission.kubectl("-n", namespace, "delete", "deployments", "--all", "--wait=false")


@pytest.fixture(scope="session", params=["newest", "webhook"])
def serving(request):
    """Each cluster with the chart on it; that of the webhook is of the oldest Kubernetes where one is built."""
    return request.getfixturevalue("definitions") if request.param == "newest" else request.getfixturevalue("hooked").cluster


_numbers = itertools.count(1)


@pytest.fixture
def serving_namespace(serving) -> str:
    """A namespace of the test's own on it."""
    return make_namespace(serving, f"s{next(_numbers)}")


@pytest.fixture
def namespace(cluster) -> str:
    """A namespace of the test's own, with its service account."""
    return make_namespace(cluster, f"t{next(_numbers)}")
