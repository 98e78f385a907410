"""Fixtures of the process tests: what a sidecar does as a process, with real files, signals and certificates."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "wire"))  # raw, scripted, proxy, sidecars
sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "e2e" / "cluster"))  # mounted_config_map

from scripted import Upstream  # noqa: E402
from sidecars import built, own_upstream, start  # noqa: E402, F401


@pytest.fixture
def upstream():
    """The first one of a test that has two."""
    server = Upstream()
    yield server
    server.stop()
    assert server.faults == []
