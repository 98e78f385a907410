"""The fixtures that every test of a sidecar as a process uses; a conftest.py imports what its folder needs."""

import pytest
from proxy import Proxy
from scripted import Upstream
from stack import SIDECAR


@pytest.fixture(scope="session", autouse=True)
def built():
    if not SIDECAR.exists():
        pytest.skip("penstock-sidecar is not built (make build)")


@pytest.fixture
def own_upstream():
    """An upstream for one test; one that saw a malformed request fails it."""
    server = Upstream()
    yield server
    server.stop()
    assert server.faults == []


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
