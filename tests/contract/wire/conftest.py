"""Fixtures of the raw-socket tests: a scripted upstream, and a sidecar in front of it."""

import pytest
from proxy import Proxy, policy
from scripted import Upstream
from sidecars import built, own_upstream, start  # noqa: F401


@pytest.fixture(scope="session")
def _shared_upstream():
    server = Upstream()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _shared_proxy(built, _shared_upstream, tmp_path_factory):
    listener = {"limits": {"headerLines": 20, "headBytes": "8Ki"}}
    resources = policy(_shared_upstream.url, listener=listener)
    with Proxy(tmp_path_factory.mktemp("wire"), resources, admin=True) as proxy:
        yield proxy


@pytest.fixture
def upstream(_shared_upstream):
    """The upstream that every test shares, as new; a test that made it see a malformed request fails."""
    _shared_upstream.forget()
    yield _shared_upstream
    assert _shared_upstream.faults == []


@pytest.fixture
def proxy(_shared_proxy):
    """The sidecar that every test shares, in front of `upstream`. It must survive each of them."""
    yield _shared_proxy
    assert _shared_proxy.popen.poll() is None, _shared_proxy.log
