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


@pytest.fixture(scope="session")
def definitions(cluster):
    """The cluster, once it knows Penstock's kinds."""
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"))
    return cluster


_numbers = itertools.count(1)


@pytest.fixture
def namespace(cluster) -> str:
    """A namespace of the test's own, with its service account."""
    name = f"t{next(_numbers)}"
    cluster.kubectl("create", "namespace", name)
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    wait_until(lambda: cluster.api.get(account), f"service account of {name}")
    return name
