"""Fixtures of the process tests: what a sidecar does as a process, with real files, signals and certificates."""

import pathlib
import ssl
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "wire"))  # raw, scripted, proxy, sidecars
sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "e2e" / "cluster"))  # mounted_config_map

from certificates import Authority  # noqa: E402
from scripted import Upstream  # noqa: E402
from sidecars import built, own_upstream, start  # noqa: E402, F401


@pytest.fixture
def upstream():
    """The first one of a test that has two."""
    server = Upstream()
    yield server
    server.stop()
    assert server.faults == []


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca", "Test CA")


@pytest.fixture
def engine(authority):
    """Starts TLS upstreams whose certificate names localhost: (upstream, its URL)."""
    running = []

    def start_one(prepare):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.issue(f"engine-{len(running)}"))
        prepare(context)
        running.append(Upstream(tls=context))
        return running[-1], running[-1].url.replace("127.0.0.1", "localhost")

    yield start_one
    for each in running:
        each.stop()
