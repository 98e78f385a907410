"""Fixtures of the process tests: what a sidecar does as a process, with real files, signals and certificates."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "wire"))  # raw, scripted, proxy
sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "e2e" / "cluster"))  # mounted_config_map

from proxy import Proxy  # noqa: E402
from scripted import Upstream  # noqa: E402
from stack import SIDECAR  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _built():
    if not SIDECAR.exists():
        pytest.skip("penstock-sidecar is not built (make build)")


@pytest.fixture
def upstream():
    server = Upstream()
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path):
    """Starts sidecars for one test."""
    running = []

    def start_one(resources, **options):
        running.append(Proxy(tmp_path, resources, **options))
        return running[-1]

    yield start_one
    for each in running:
        each.stop()


@pytest.fixture
def own_upstream():
    """A second one."""
    server = Upstream()
    yield server
    server.stop()
