"""Fixtures of the tests on real pods: the chart's own operator runs as a pod of the image that `make image` makes."""

import os
import pathlib
import subprocess

import pytest
from installation import BUILD, ROOT, SYSTEM, helm
from real_node import RealNode
from release import install, upgrade
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


@pytest.fixture(scope="session")
def penstock(cluster, node):
    """The cluster with the chart on it."""
    install(cluster)
    return cluster


@pytest.fixture
def uninstalled(penstock):
    """Takes the chart away when it is called; afterwards it is there again."""

    def uninstall() -> None:
        helm(penstock, "uninstall", "penstock", "-n", SYSTEM, "--wait", "--timeout", "60s")

    yield uninstall
    install(penstock)


@pytest.fixture
def by_webhook(penstock):
    """The cluster, whose injector is the webhook as long as the test lasts."""
    upgrade(penstock, "--set", "admission.injector=Webhook")
    yield penstock
    upgrade(penstock, "--set", "admission.injector=Auto")


@pytest.fixture
def space(penstock, namespace) -> Namespace:
    """A namespace that admits only what Pod Security calls restricted."""
    penstock.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    yield Namespace(penstock, namespace)
    # The one node has room for the pods of some tests, not of all.
    penstock.kubectl("-n", namespace, "delete", "deployments,pods", "--all", "--wait=false", "--grace-period=1")
