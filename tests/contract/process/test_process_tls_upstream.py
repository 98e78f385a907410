"""TLS to the upstream: its sessions are used again."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from certificates import secret
from proxy import policy
from raw import ask

GET = b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n"
CLOSES = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@pytest.fixture
def behind(tmp_path, authority, engine, start):
    """Starts a sidecar in front of a TLS upstream: (upstream, sidecar)."""

    def start_both(prepare=lambda context: None, **options):
        upstream, url = engine(prepare)
        flags = secret(tmp_path, "engine-ca", ca_crt=authority.certificate)
        resources = policy(url, backend={"tls": {"caRef": {"name": "engine-ca", "key": "ca.crt"}}})
        return upstream, start(resources, flags=flags, **options)

    return start_both


def test_a_session_is_resumed(behind):
    upstream, proxy = behind()
    upstream.answer(CLOSES)
    for _ in range(3):
        assert ask(proxy.port, GET).status == 200
    assert upstream.sessions_resumed[0] is False
    assert True in upstream.sessions_resumed[1:]


def test_calls_that_dial_at_once_share_sessions(behind):
    """Each answer brings a new session while others dial with the one before."""
    upstream, proxy = behind()
    upstream.answer(CLOSES)
    with ThreadPoolExecutor(24) as pool:
        statuses = list(pool.map(lambda _: ask(proxy.port, GET).status, range(1_000)))
    assert set(statuses) == {200}
    assert proxy.popen.poll() is None, proxy.log
    assert upstream.sessions_resumed.count(True) > 500
