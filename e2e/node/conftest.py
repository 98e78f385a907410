"""Fixtures of the tests on real pods: the chart's own operator runs as a pod of the image that `make image` makes."""

import os
import pathlib
import subprocess

import pytest
from installation import BUILD, CHART, ROOT, SYSTEM, helm, injecting_probe
from polling import wait_until
from real_node import RealNode
from spaces import Namespace


def image(programs: list[pathlib.Path], name: str, out: pathlib.Path) -> pathlib.Path:
    named = ",".join(map(str, programs))
    subprocess.run([ROOT / "deploy/image/build.py", named, name, out], check=True, capture_output=True)
    return out


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> list[pathlib.Path]:
    """Archives of everything that pods run here."""
    folder, programs = tmp_path_factory.mktemp("images"), BUILD / "bin"
    pause = folder / "pause"
    subprocess.run(["gcc", "-static", "-Os", "-o", pause, ROOT / "e2e/cluster/pause.c"], check=True)
    return [
        image([programs / "penstock-operator"], "penstock.test/operator:1", folder / "operator.tar"),
        image([programs / "penstock-sidecar", programs / "penstock-redirect"], "penstock.test/sidecar:1", folder / "sidecar.tar"),
        image([programs / "penstock-demo"], "penstock.test/engine:1", folder / "engine.tar"),
        image([pause], "penstock.test/pause:1", folder / "pause.tar"),
    ]


@pytest.fixture(scope="session")
def node(cluster, images, tmp_path_factory):
    if os.environ.get("PENSTOCK_E2E_ADDRESS") is None:
        pytest.skip("real pods need a network namespace: make e2e-node")
    running = RealNode(cluster, tmp_path_factory.mktemp("node"), images)
    yield running
    running.stop()


def install_images(cluster, probe: str) -> None:
    """The chart with these images, until its operator is ready and injects; tried in a namespace named `probe`."""
    helm(
        cluster,
        *("install", "penstock", CHART, "--namespace", SYSTEM, "--create-namespace"),
        *("--set", "image.operator=penstock.test/operator:1", "--set", "image.sidecar=penstock.test/sidecar:1"),
        *("--set", "image.pullPolicy=Never", "--set", "autoscaling.scaleToZero=true", "--wait", "--timeout", "60s"),
    )
    wait_until(injecting_probe(cluster, probe), "admission policies")
    cluster.api.delete(f"/apis/penstock.dev/v1alpha1/namespaces/{probe}/optimizationpolicies/probe")


@pytest.fixture(scope="session")
def penstock(cluster, node):
    """The cluster with the chart on it."""
    install_images(cluster, "admission-probe")
    return cluster


@pytest.fixture
def uninstalled(penstock):
    """Takes the chart away when it is called; afterwards it is there again."""

    def uninstall() -> None:
        helm(penstock, "uninstall", "penstock", "-n", SYSTEM, "--wait", "--timeout", "60s")

    yield uninstall
    install_images(penstock, "again-probe")


@pytest.fixture
def space(penstock, namespace) -> Namespace:
    """A namespace that admits only what Pod Security calls restricted."""
    penstock.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    yield Namespace(penstock, namespace)
    # The one node has room for the pods of some tests, not of all.
    penstock.kubectl("-n", namespace, "delete", "deployments,pods", "--all", "--wait=false", "--grace-period=1")
